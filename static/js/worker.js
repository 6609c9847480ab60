// The service worker: opens the app without a network. It keeps the shell of the app, never an answer to who is signed in.

import { dayAt } from "./diary-day.js";
import { isWaiting, keptAfter, newsOf } from "./outbox.js";
import { channel, openStore } from "./phone-store.js";
import { askState, isOurs, sendAll } from "./sending.js";

const NAME = "ebb-shell-";
const SHORT_WAIT = 50; // ms; a line that answers later than this is slower than opening what is kept
const LONG_WAIT = 12_000;
const NOTICES_WAIT = 3_000; // only the network's page shows what the clinic asks beside the number
const PAGES_FIRST = 10_000; // a page tries again within five seconds
const LOOK_EVERY = 500;
const FOLLOWED_FOR = 5_000;
const OWN_PLACES = /^\/($|today$|advice$|diary(\/|$)|courses(\/|$)|me(\/|$))/;

/** Say whether the worker answers: opening a patient's page, or a file of the shell. */
export function whatIs({ method, mode, url }, origin, files) {
  const { origin: from, pathname, search } = new URL(url);
  if (method !== "GET" || from !== origin) return "other";
  if (mode === "navigate") return OWN_PLACES.test(pathname) ? "page" : "other";
  return files.includes(pathname + search) ? "file" : "other";
}

/** Return the first of the network's own answer and, after `wait` ms, the kept page; each comes when it can. */
export async function firstOf(network, kept, wait) {
  const none = Symbol("none");
  const waited = new Promise((over) => setTimeout(over, wait, none));
  const first = await Promise.race([network, waited]);
  if (first !== none && first) return first;
  return (await kept()) ?? (await network) ?? Response.error();
}

/** Holds the page a redirect led to, which the browser opens at once; never for who comes later. */
export class Followed {
  #held;

  put(url, answer, now = Date.now()) {
    this.#held = { url, answer, until: now + FOLLOWED_FOR };
  }

  take(url, now = Date.now()) {
    const held = this.#held;
    this.#held = undefined;
    return held?.url === url && now < held.until ? held.answer : undefined;
  }

  forget() {
    this.#held = undefined;
  }
}

class Shell {
  #opened;

  constructor({ version, files, language, wording }) {
    Object.assign(this, { version, files, language, wording });
    this.followed = new Followed();
  }

  get name() {
    return NAME + this.version;
  }

  cache() {
    const forget = (failure) => {
      this.#opened = undefined;
      throw failure;
    };
    return (this.#opened ??= caches.open(this.name).catch(forget));
  }

  /** Fill this version's cache. A file that is not ours (a portal's page) keeps this version from being used at all. */
  async fill() {
    const cache = await this.cache();
    const kept = await keptOf();
    await Promise.all(this.files.map((file) => this.add(cache, file)));
    await this.addPage(kept?.language ?? this.language, kept?.item_version ?? this.wording);
  }

  async add(cache, address) {
    if (await cache.match(address)) return undefined;
    // A file whose address names its version has just been loaded by the page: it is not sent twice.
    const tries = address.startsWith("/static/") ? ["default", "reload"] : ["reload"];
    for (const how of tries) {
      const answer = await fetch(address, { cache: how, credentials: "omit", redirect: "error" });
      if (answer.ok && isOurs(answer)) return cache.put(address, answer);
    }
    throw new TypeError(`${address} was not answered by Ebb`);
  }

  async addPage(language, wording) {
    await this.add(await this.cache(), `/offline/${language}/${wording}`);
  }

  /** Delete what older versions kept; called when no page of theirs is served by their worker any more. */
  async tidy() {
    const names = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== this.name);
    await Promise.all(names.map((name) => caches.delete(name)));
  }

  async page(kept) {
    const cache = await this.cache();
    const wished = kept && (await cache.match(`/offline/${kept.language}/${kept.item_version}`));
    if (wished) return wished;
    const pages = (await cache.keys()).filter(({ url }) => new URL(url).pathname.startsWith("/offline/"));
    return pages.length ? cache.match(pages[0]) : undefined;
  }

  async file(request) {
    const cache = await this.cache();
    return (await cache.match(request)) ?? fetch(request);
  }

  async open(request) {
    const { pathname } = new URL(request.url);
    const network = this.ask(request);
    const known = once(keptOf);
    const page = once(async () => this.page(await known()));
    // A store that does not answer holds up nothing that the network has answered.
    const kept = await Promise.race([known(), network.then((answer) => (answer ? undefined : known()))]);
    const wait = pathname === "/today" ? waitFor(kept) : LONG_WAIT;
    if (wait === SHORT_WAIT) page().catch(() => {}); // looked for while the line is listened to
    const answer = await firstOf(network, page, wait);
    return pathname === "/today" && answer.status >= 500 ? ((await page()) ?? answer) : answer;
  }

  /** Return the server's own answer, or undefined when there is none: a portal's is not taken for the page. */
  async ask(request) {
    const ready = this.followed.take(request.url);
    if (ready) return ready;
    const how = { mode: "same-origin", credentials: "same-origin", redirect: "follow", cache: "no-store" };
    try {
      const answer = await fetch(request.url, { headers: request.headers, ...how });
      if (!isOurs(answer)) return undefined;
      if (!answer.redirected) return answer;
      this.followed.put(answer.url, unled(answer));
      return Response.redirect(answer.url, 303);
    } catch {
      return undefined;
    }
  }
}

/** Return the page that a redirect led to as one that was asked for: a browser takes no other for an address. */
export const unled = ({ body, status, statusText, headers }) => new Response(body, { status, statusText, headers });

async function keptOf() {
  try {
    return await (await openStore()).kept();
  } catch {
    return undefined;
  }
}

/** Return what `make` made the first time. */
function once(make) {
  let made;
  return () => (made ??= make());
}

/** Say whether today's question is likely to be asked: somebody is signed in, and has not answered. */
function isAsked(kept, now) {
  return Boolean(kept && !kept.stopped && kept.answered !== dayAt(now + (kept.skew ?? 0), kept.time_zone));
}

/** Return how long, in ms, the network's page of today is waited for before the kept one opens. */
export function waitFor(kept, now = Date.now()) {
  if (!isAsked(kept, now)) return LONG_WAIT;
  return kept.notices ? NOTICES_WAIT : SHORT_WAIT;
}

/** Send what waits without a page, and keep of it what a page would. */
export async function sendInBackground({ open = openStore, ask = fetch, locks } = {}) {
  const store = await open();
  const { state, skew, door } = await askState(ask);
  let sent;
  if (door === "away") throw new Error("no network yet: the browser tries again");
  if (state) {
    sent = await sendAll(store, state.owner, { skew, ask, ...(locks ? { locks } : {}) });
    const kept = await store.kept();
    if (kept?.owner === state.owner) await store.keep({ ...kept, ...keptAfter(sent.results, sent.rows, kept.answered) });
  }
  const line = channel();
  line?.postMessage(newsOf(sent, state?.owner));
  line?.close();
  if (sent?.door === "away") throw new Error("the line broke: the browser tries again");
}

/** Send what waits where no page does: one that is seen sends by itself, and shows what became of it. */
export async function sendAfterPages(pages, { open = openStore, send = sendInBackground, longest = PAGES_FIRST } = {}) {
  const isSeen = async () => (await pages()).some(({ visibilityState }) => visibilityState === "visible");
  const store = await open();
  const isDone = async () => !(await store.rows()).some(isWaiting);
  for (const until = Date.now() + longest; Date.now() < until && (await isSeen()); ) {
    if (await isDone()) return;
    await new Promise((over) => setTimeout(over, LOOK_EVERY));
  }
  await send();
}

/** Begin the work of the service worker `scope` with this version of the shell. */
export function start(scope, told) {
  const shell = new Shell(told);
  const on = (name, act) => scope.addEventListener(name, act);
  const pages = () => scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  on("install", (event) => {
    event.waitUntil(shell.fill().then(() => scope.skipWaiting()));
  });
  on("activate", (event) => event.waitUntil(shell.tidy().then(() => scope.clients.claim())));
  on("message", (event) => event.data?.keep && event.waitUntil(shell.addPage(...event.data.keep).catch(() => {})));
  on("sync", (event) => event.tag === "ebb-outbox" && event.waitUntil(sendAfterPages(pages)));
  on("fetch", (event) => {
    if (event.request.method !== "GET") shell.followed.forget(); // who was signed in may be no more
    const kind = whatIs(event.request, scope.location.origin, told.files);
    if (kind === "page") event.respondWith(shell.open(event.request));
    if (kind === "file") event.respondWith(shell.file(event.request));
  });
}

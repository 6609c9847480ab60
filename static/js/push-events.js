// Push in the service worker: shows what came, opens its page when touched, and listens on when its address changes.

const ADDRESS = "/me/reminders/push";
const NAME = "Ebb";
const ICON = "/static/icons/ebb-192.png";

/** Return what to show of what came; of what cannot be read the name alone, since browsers insist on something. */
export function shownOf(text) {
  const said = readable(text);
  const words = (part) => (typeof said[part] === "string" ? said[part] : "");
  const tag = words("tag") || "ebb";
  if (!words("title")) return { title: NAME, options: { tag, icon: ICON, data: { url: "/" } } };
  // The same tag replaces what is on the screen; renotify says that it came again.
  const options = { body: words("body"), tag, renotify: true, icon: ICON, data: { url: words("url") } };
  return { title: words("title"), options };
}

function readable(text) {
  try {
    const said = JSON.parse(text);
    return said && typeof said === "object" ? said : {};
  } catch {
    return {};
  }
}

/** Return the whole address of a page of this site; what lies elsewhere, or nowhere, is the first page. */
export function ownAddress(url, origin) {
  try {
    const found = new URL(url || "/", origin);
    if (found.origin === origin) return found.href;
  } catch {
    // no address at all
  }
  return `${origin}/`;
}

/** Show the page at `address`: the window that has it open already, else a new one, since a form may stand in others. */
export async function bring(address, clients) {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url === address);
  return there ? there.focus() : clients.openWindow(address);
}

/** Listen under the new address that the browser gave, or ask it for one, and tell the server which it replaces. */
export async function listenAgain({ oldSubscription, newSubscription }, pushManager, ask) {
  const fresh = newSubscription ?? (await subscribeAgain(pushManager, ask));
  if (!fresh) return;
  const sent = { ...fresh.toJSON(), replaces: oldSubscription?.endpoint, again: true };
  const how = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
  await ask(ADDRESS, { ...how, credentials: "same-origin", redirect: "error" });
}

async function subscribeAgain(pushManager, ask) {
  const answer = await ask(ADDRESS, { credentials: "same-origin", redirect: "error" });
  const { key } = answer.ok ? await answer.json() : {};
  return key ? pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }) : null;
}

/** Let the service worker `worker` answer these events. */
export function answerPush(worker) {
  const { registration, clients, location } = worker;
  worker.addEventListener("push", (event) => {
    const { title, options } = shownOf(event.data?.text() ?? "");
    event.waitUntil(registration.showNotification(title, options));
  });
  worker.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(bring(ownAddress(event.notification.data?.url, location.origin), clients));
  });
  worker.addEventListener("pushsubscriptionchange", (event) => {
    event.waitUntil(listenAgain(event, registration.pushManager, (...how) => worker.fetch(...how)));
  });
}

if (typeof ServiceWorkerGlobalScope !== "undefined") answerPush(globalThis);

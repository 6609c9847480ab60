// Reminders on this phone: says truthfully whether they come, and asks the browser and the server to begin or to stop.

const PATIENCE = 10_000;
const ADDRESS = "/me/reminders/push";

/** Return the bytes that are written in `text` as base64url. */
export function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Return bytes as the server writes fingerprints. */
export function hexOf(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Say whether it is an iPhone or an iPad, also one that calls itself a Mac. */
export function isApplePhone({ userAgent, platform, maxTouchPoints }) {
  return /iPhone|iPad|iPod/.test(userAgent) || (platform === "MacIntel" && maxTouchPoints > 1);
}

/** Return which sentence is true: on, off, blocked by the person, only once installed, or missing in this browser. */
export function stateOf({ hasPush, isApple, isInstalled, permission, listens }) {
  if (!hasPush) return isApple && !isInstalled ? "install" : "missing";
  if (permission === "denied") return "blocked";
  return listens && permission === "granted" ? "on" : "off";
}

/** Say whether a subscription of this browser is one that the server knows, under the server's key of today. */
export function isKnown(subscription, fingerprint, { key, known }) {
  return Boolean(subscription && isUnder(subscription, key) && known.includes(fingerprint));
}

/** Say whether a subscription was made under `key`; a browser that does not tell is believed. */
export function isUnder(subscription, key) {
  const under = subscription.options?.applicationServerKey;
  return !under || hexOf(under) === hexOf(bytesOf(key));
}

/** Return which words fit what went wrong. */
export function kindOf(failure) {
  return failure.name === "NotAllowedError" ? "stopped" : "failed";
}

class Refused extends Error {}

async function tell(address, sent) {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    redirect: "error",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(sent),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.words);
}

function hasPush() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

function isInstalled() {
  return navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
}

/** Return the registration of the service worker that shows reminders; it may have to start first. */
function registration() {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error("no service worker")), PATIENCE));
  return Promise.race([navigator.serviceWorker.ready, late]);
}

async function subscriptionHere() {
  const registered = hasPush() ? await navigator.serviceWorker.getRegistration() : undefined;
  return (await registered?.pushManager.getSubscription()) ?? null;
}

async function fingerprintOf(subscription) {
  if (!subscription) return "";
  return hexOf(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint)));
}

/** Let this phone, where it is one of `elsewhere`, listen on under the sign-in of this page; one that others use too stops.

`elsewhere` are the fingerprints that the server knows under other sign-ins of whoever is signed in. What it does not
name was stopped, or listens for somebody else, and is left alone.
*/
export async function bringAlong({ elsewhere, isShared }, { find = subscriptionHere, say = tell } = {}) {
  const subscription = elsewhere.length ? await find() : null;
  if (!subscription || !elsewhere.includes(await fingerprintOf(subscription))) return;
  if (isShared) await end(subscription, `${ADDRESS}/end`, say);
  else await say(ADDRESS, { ...subscription.toJSON(), again: true, along: true });
}

async function end(subscription, address, say) {
  await say(address, { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
}

async function begin(box) {
  const { pushManager } = await registration();
  const before = await pushManager.getSubscription();
  if (before && !isUnder(before, box.dataset.pushKey)) await before.unsubscribe();
  const key = bytesOf(box.dataset.pushKey);
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await tell(box.dataset.push, subscription.toJSON());
}

async function stop(box) {
  const subscription = await subscriptionHere();
  if (subscription) await end(subscription, box.dataset.pushEnd, tell);
}

async function show(box) {
  const subscription = await subscriptionHere();
  const fingerprint = await fingerprintOf(subscription);
  const server = { key: box.dataset.pushKey, known: box.dataset.pushKnown.split(" ") };
  const state = stateOf({
    hasPush: hasPush(),
    isApple: isApplePhone(navigator),
    isInstalled: isInstalled(),
    permission: hasPush() ? Notification.permission : "default",
    listens: isKnown(subscription, fingerprint, server),
  });
  for (const words of box.querySelectorAll("[data-push-when]")) words.hidden = words.dataset.pushWhen !== state;
  box.querySelector("[data-push-begin]").hidden = state !== "off";
  box.querySelector("[data-push-stop]").hidden = state !== "on";
  const here = document.querySelector(`[data-push-this="${fingerprint}"]`);
  if (here) here.hidden = false;
}

async function act(box, what) {
  const words = box.querySelector("[data-push-said]");
  words.hidden = true;
  try {
    await what(box);
    location.reload(); // the list of phones is the server's
  } catch (failure) {
    await show(box);
    words.textContent = (failure instanceof Refused && failure.message) || words.dataset[kindOf(failure)];
    words.hidden = false;
  }
}

function attach(box) {
  let atWork = false;
  const once = (what) => async () => {
    if (atWork) return;
    atWork = true;
    await act(box, what);
    atWork = false;
  };
  box.querySelector("[data-push-begin]").addEventListener("click", once(begin));
  box.querySelector("[data-push-stop]").addEventListener("click", once(stop));
  return show(box);
}

if (typeof document !== "undefined") {
  const box = document.querySelector("[data-push]");
  if (box?.querySelector("[data-push-begin]")) attach(box);
}

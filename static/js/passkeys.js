// Passkeys: asks the server what to ask, the device for its answer, and sends that with the form of the page.

/** Return the bytes that are written in `text` as base64url. */
export function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Return `bytes` written as base64url, nothing for none. */
export function textOf(bytes) {
  if (!bytes) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return the server's `options` as browsers want them: ids and challenges in bytes. */
export function inBytes(options) {
  const credentials = (known) => known?.map((each) => ({ ...each, id: bytesOf(each.id) }));
  const asked = { ...options, challenge: bytesOf(options.challenge) };
  if (options.user) asked.user = { ...options.user, id: bytesOf(options.user.id) };
  if (options.allowCredentials) asked.allowCredentials = credentials(options.allowCredentials);
  if (options.excludeCredentials) asked.excludeCredentials = credentials(options.excludeCredentials);
  return asked;
}

/** Return the answer of a device as the server reads it. */
export function inText({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const said = Object.fromEntries(parts.map((part) => [part, textOf(response[part])]));
  return JSON.stringify({ id, rawId: textOf(rawId), type, response: said });
}

/** Say whether passkeys work here: in a browser that has them, on a site with a name. */
export function isUsable({ PublicKeyCredential, isSecureContext, location }) {
  const hasName = !/^\[|^[\d.]+$/.test(location.hostname);
  return Boolean(PublicKeyCredential && isSecureContext && hasName);
}

/** Return which words fit what went wrong: the person stopped it, the device is known, or something failed. */
export function kindOf(failure) {
  const kinds = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };
  return kinds[failure.name] ?? "failed";
}

class Refused extends Error {}

async function ask(box, form) {
  const field = box.dataset.nameFrom && form.elements[box.dataset.nameFrom];
  const answer = await fetch(box.dataset.passkey, {
    method: "POST",
    credentials: "same-origin",
    redirect: "error",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: JSON.stringify(field ? { name: field.value } : {}),
  });
  const said = await answer.json();
  if (said.reload) location.reload();
  if (!answer.ok) throw new Refused(said.words);
  return said;
}

async function fill(box, form) {
  const [ceremony, answer] = box.querySelectorAll("input");
  if (answer.value) return; // the one that stood on the page when it came back is still good
  const question = await ask(box, form);
  const publicKey = inBytes(question.options);
  const how = publicKey.user ? "create" : "get";
  answer.value = inText(await navigator.credentials[how]({ publicKey }));
  ceremony.value = question.ceremony;
}

async function use(box, button) {
  const words = box.querySelector("[data-passkey-said]");
  words.hidden = true;
  try {
    await fill(box, button.form);
  } catch (failure) {
    words.textContent = (failure instanceof Refused && failure.message) || box.dataset[kindOf(failure)];
    words.hidden = false;
    return;
  }
  button.form.requestSubmit(button);
}

function show(box) {
  const button = box.querySelector("button");
  let atWork = false;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (atWork) return;
    atWork = true;
    await use(box, button);
    atWork = false;
  });
  box.hidden = false;
}

if (typeof document !== "undefined") {
  if (isUsable(window)) document.querySelectorAll("[data-passkey]").forEach(show);
  else document.querySelectorAll("[data-passkey-otherwise]").forEach((words) => (words.hidden = false));
}

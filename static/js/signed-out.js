// Pages for somebody who is signed out: the phone forgets who was, and says whether something waits.

import { channel, openStore } from "./phone-store.js";

async function forget() {
  const place = document.querySelector("[data-waits]");
  const store = await openStore();
  await store.forget();
  channel()?.postMessage("left");
  const { length } = await store.rows();
  if (!place || !length) return;
  const { waits, waitsOther } = place.dataset;
  place.textContent = (length === 1 ? waits : waitsOther).replace("{number}", length);
  place.hidden = false;
}

forget().catch(() => {}); // a phone that keeps nothing has nothing to forget

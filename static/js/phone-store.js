// What the phone keeps: sealed entries that wait, and the few particulars that an open page without a network needs.

// One step for each version of the store, in their order; a step that was published is never changed.
const STEPS = [
  (database) => {
    database.createObjectStore("outbox", { keyPath: "client_ref" });
    database.createObjectStore("kept");
  },
];
const WRITE = { durability: "strict" };
const LONGEST = 3_000;

/** Return what `promise` brings; a store that has not answered by then keeps nothing, so that nobody waits for it. */
export function within(promise, limit = LONGEST) {
  let timer;
  const late = new Promise((_found, failed) => {
    timer = setTimeout(() => failed(new Error("the phone's store does not answer")), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Return the line between the pages of this phone, or null where there is none.

Said are "changed" of what waits, "left" of who is signed in, and `{ owner, results }` of what the server answered.
*/
export const channel = () => (typeof BroadcastChannel === "function" ? new BroadcastChannel("ebb-outbox") : null);

/** Open the store of this site, brought up to this version; raises an error where the phone keeps nothing. */
export async function openStore({ factory = globalThis.indexedDB, name = "ebb", steps = STEPS, limit } = {}) {
  const asked = factory.open(name, steps.length);
  const opened = new Promise((found, failed) => {
    asked.onupgradeneeded = ({ oldVersion }) =>
      steps.slice(oldVersion).forEach((step) => step(asked.result, asked.transaction));
    asked.onsuccess = () => found(asked.result);
    asked.onerror = () => failed(asked.error);
    asked.onblocked = () => failed(new Error("another page holds an older version open"));
  });
  const database = await within(opened, limit);
  database.onversionchange = () => database.close(); // a newer page must not wait for this one
  return new Store(database);
}

/** The rows of the outbox, and what is kept of who is signed in. */
export class Store {
  constructor(database) {
    this.database = database;
  }

  /** Return every row that waits, the oldest first. */
  async rows() {
    const rows = await this.#read("outbox", (outbox) => outbox.getAll());
    return rows.sort((one, other) => one.made_at - other.made_at);
  }

  /** Keep rows, in one go: all of them or none. */
  put(...rows) {
    return this.#write("outbox", (outbox) => rows.forEach((row) => outbox.put(row)));
  }

  /** Put into rows that are still there what has changed about them. */
  change(changes) {
    return this.#write("outbox", (outbox) => {
      for (const [ref, changed] of Object.entries(changes)) {
        const asked = outbox.get(ref);
        asked.onsuccess = () => asked.result && outbox.put({ ...asked.result, ...changed });
      }
    });
  }

  /** Delete a row; when it may have been sent, `instead` of it is kept, in the same go. Returns the row that was there. */
  async remove(ref, instead) {
    let removed;
    await this.#write("outbox", (outbox) => {
      const asked = outbox.get(ref);
      asked.onsuccess = () => {
        removed = asked.result;
        outbox.delete(ref);
        if (instead && (!removed || removed.tried)) outbox.put(instead); // gone: it arrived meanwhile
      };
    });
    return removed;
  }

  /** Return what is kept of who is signed in, or undefined. */
  kept() {
    return this.#read("kept", (kept) => kept.get("now"));
  }

  /** Keep this of who is signed in, in place of anything before. */
  keep(particulars) {
    return this.#write("kept", (kept) => kept.put(particulars, "now"));
  }

  /** Forget who is signed in. What waits stays: it is sealed, and its owner signs in again. */
  forget() {
    return this.#write("kept", (kept) => kept.clear());
  }

  #read(name, ask) {
    const asked = ask(this.database.transaction(name).objectStore(name));
    return new Promise((found, failed) => {
      asked.onsuccess = () => found(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  }

  #write(name, act) {
    const transaction = this.database.transaction(name, "readwrite", WRITE);
    return new Promise((done, failed) => {
      transaction.oncomplete = () => done();
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
      act(transaction.objectStore(name));
    });
  }
}

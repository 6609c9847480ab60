// This phone: who is signed in, what waits on it, and when it is sent. One for each page.

import { sendAll, askState } from "./sending.js";
import { dayAt } from "./diary-day.js";
import { isStored, isTakingBack, keptAfter, newsOf, standingOf, troublesOf, waitBefore, waitingFor } from "./outbox.js";
import { canSeal, seal } from "./sealing.js";
import { channel, openStore, within } from "./phone-store.js";

/** What an open page needs without a network: nothing of health, no name. */
const KEPT = [
  "owner", "key", "time_zone", "language", "hand", "clinic_phone", "emergency_number", "item_version", "stopped", "notices",
]; // prettier-ignore

class Phone extends EventTarget {
  store = null;
  kept = undefined;
  rows = [];
  door = "away";
  skew = undefined;
  isShared = false;
  /** Whose numbers are sent from here: who is signed in, also where the phone keeps nothing of them. */
  sender = undefined;
  /** What the server said while this page was open, by client_ref. */
  results = {};
  #tries = 0;
  #timer = 0;
  #channel = channel();

  /** Open the store and read what is kept; a phone that keeps nothing goes on without. */
  async open() {
    try {
      const store = await openStore();
      [this.kept, this.rows] = await within(Promise.all([store.kept(), store.rows()]));
      [this.store, this.skew] = [store, this.kept?.skew];
    } catch {
      this.store = null;
    }
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data === "left") this.dispatchEvent(new Event("left"));
      else this.#hear(data);
    });
  }

  /** Say whether a number can be kept here: sealed, and in a phone that is not passed around. */
  get canKeep() {
    return Boolean(this.store && this.kept && canSeal(window)) && !this.isShared;
  }

  get owner() {
    return this.kept?.owner;
  }

  /** Return the diary day of now by the server's clock, as far as this phone knows it. */
  get today() {
    return dayAt(Date.now() + (this.skew ?? 0), this.kept.time_zone);
  }

  /** Return how things stand, for the status line; nothing on a phone that others use too. */
  get standing() {
    const canKeep = Boolean(this.store && canSeal(window));
    const { rows, owner, door } = this;
    return this.isShared ? null : standingOf({ canKeep, rows, owner, door, isStopped: this.kept?.stopped });
  }

  /** The rows that ask something of who is signed in. */
  get troubles() {
    return troublesOf(this.rows, this.owner, this.kept?.stopped);
  }

  /** Whether the clinic is still to be told that something was taken back. */
  get isTakingBack() {
    return isTakingBack(this.rows, this.owner);
  }

  waitingFor(day) {
    return this.kept?.stopped ? undefined : waitingFor(day, this.rows, this.owner);
  }

  /** Read anew what waits and tell the page. */
  async read() {
    await this.#try(async (store) => {
      this.rows = await store.rows();
    });
    this.dispatchEvent(new Event("change"));
  }

  /** Take what the server says of who is signed in. */
  async know(state, skew) {
    [this.door, this.skew, this.sender] = ["open", skew, state.owner];
    if (state.shared_phone) return this.keepNothing();
    const said = Object.fromEntries(KEPT.map((name) => [name, state[name]]));
    this.kept = { ...said, skew, answered: state.today_is_in ? state.day : undefined };
    return this.#try((store) => store.keep(this.kept));
  }

  /** Keep nothing of who is signed in: others use this phone too. */
  keepNothing() {
    [this.isShared, this.kept] = [true, undefined];
    return this.forget();
  }

  /** Forget on this phone who is signed in; what waits stays. */
  forget() {
    return this.#try((store) => store.forget());
  }

  /** Ask the server who is signed in and which day it is there. */
  async refresh() {
    const { door, state, skew } = await askState();
    this.door = door;
    if (state) await this.know(state, skew);
    if (state) this.dispatchEvent(new CustomEvent("heard", { detail: state }));
    await this.read();
    return state;
  }

  /** Say whether who this page was opened for is still signed in: another tab may have signed them out since. */
  async isStillOwned() {
    try {
      return (await within(this.store.kept()))?.owner === this.owner;
    } catch {
      return true; // a store that is lost says nothing of that
    }
  }

  /** Seal an answer and keep it on this phone; raises an error when it was not kept. */
  async take({ day, score, ref, version, saidByServer }) {
    const row = await this.#sealed({ day, score, version }, ref);
    await within(this.store.put({ ...row, said_by_server: saidByServer }));
    this.#askToLast();
    this.#tell();
    return row;
  }

  /** Take an answer back that waits; one that may have reached the server is taken back there too. */
  async takeBack(row) {
    const said = { day: row.day_chosen ?? row.day, score: null, version: row.item_version, undoes: row.client_ref };
    const instead = await this.#sealed(said, crypto.randomUUID());
    await this.store.remove(row.client_ref, { ...instead, takes_back: true, said_by_server: row.said_by_server });
    this.#tell();
    await this.read();
  }

  /** Delete an entry for good, as its owner has just confirmed. */
  async throwAway(ref) {
    await this.store.remove(ref);
    this.#tell();
    await this.read();
  }

  /** Note for which day an answer was and send it again. Returns what became of it. */
  async choose(ref, day) {
    delete this.results[ref];
    await this.store.change({ [ref]: { day_chosen: day, problem: undefined } });
    await this.read();
    await this.send();
    return this.becameOf(ref);
  }

  /** Return what became of an answer; see `resultOf`. */
  async becameOf(ref) {
    await this.read();
    return this.resultOf(ref);
  }

  /** Return what the server said of an answer, here or to another sender of this phone; nothing while it is not known. */
  resultOf(ref) {
    const said = this.results[ref];
    const isGone = this.store && !this.rows.some((row) => row.client_ref === ref);
    if (!isGone || isStored(said)) return said;
    // The clinic knows it by that name too; what is being taken back is shown nowhere.
    return { status: "stored", ...(this.isTakingBack ? {} : { entry: ref }) };
  }

  /** Send what waits, if the one it belongs to is signed in. Returns what the server said, by client_ref. */
  async send() {
    clearTimeout(this.#timer);
    if (!this.store) return {};
    if (this.door !== "open") await this.refresh();
    const owner = this.owner ?? this.sender;
    if (!this.store || this.door !== "open" || !owner) return this.#later();
    const sent = await sendAll(this.store, owner, { skew: this.skew });
    Object.assign(this.results, sent.results);
    const news = isTakingBack(this.rows, owner) ? "changed" : newsOf(sent, owner);
    if (news.results) this.dispatchEvent(new CustomEvent("sent", { detail: news.results }));
    await this.#note(keptAfter(sent.results, sent.rows, this.kept?.answered));
    if (sent.door === "foreign") await this.refresh();
    else this.door = sent.door;
    this.#tell(news);
    await this.read();
    this.#later(sent.retryAfter);
    return sent.results;
  }

  async #try(write) {
    try {
      if (this.store) await within(write(this.store));
    } catch {
      this.store = null; // the phone is full, does not answer, or keeps nothing any more
    }
  }

  /** Try again after a while, where something waits that goes without its owner's doing. */
  #later(asked) {
    const owner = this.owner ?? this.sender;
    const waits = this.store && this.rows.some((row) => row.owner === owner && !row.problem);
    if (!waits) this.#tries = 0;
    if (!waits || ["sign_in", "locked"].includes(this.door)) return {};
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), waitBefore(this.#tries, asked));
    this.#tries += 1;
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("ebb-outbox")).catch(() => {});
    return {};
  }

  async #sealed({ day, score, version, undoes }, ref) {
    const [now, { owner, key }] = [new Date(), this.kept];
    const told = { day, score, undoes, entered_at: now.toISOString(), utc_offset: -now.getTimezoneOffset() };
    const entry = { v: 1, owner, client_ref: ref, ...told, item_version: version };
    const sealed = await seal(entry, key.public);
    const made = { made_at: now.getTime(), skew: this.skew };
    return { client_ref: ref, owner, day, item_version: version, sealed, key_id: key.id, ...made };
  }

  async #note(changes) {
    if (!this.kept || !Object.keys(changes).length) return;
    Object.assign(this.kept, changes);
    await this.#try((store) => store.keep(this.kept));
  }

  #tell(news = "changed") {
    this.#channel?.postMessage(news);
  }

  /** Take what another sender of this phone was told about who is signed in, and read what waits. */
  #hear({ owner, results }) {
    const isOurs = results && owner === (this.owner ?? this.sender);
    if (isOurs) Object.assign(this.results, results);
    if (isOurs) this.dispatchEvent(new CustomEvent("sent", { detail: results }));
    this.read();
  }

  #askToLast() {
    const { storage } = navigator;
    storage?.persisted?.().then((lasts) => lasts || storage.persist()).catch(() => {});
  }
}

/** The phone that this page stands on. */
export const phone = new Phone();

/** Settled when the store is open. */
export const opened = phone.open();

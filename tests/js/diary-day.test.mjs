// The diary day as the phone reckons it: the same as the server's, also where clocks change.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { beginOf, dayAt, daysAfter, longDay } from "../../static/js/diary-day.js";

const kept = JSON.parse(readFileSync(new URL("diary_days.json", import.meta.url), "utf8"));

test("the phone reckons the same diary days as the server", () => {
  assert.ok(kept.length > 500);
  for (const [moment, zone, day] of kept) assert.equal(dayAt(Date.parse(moment), zone), day, `${moment} in ${zone}`);
});

test("a day turns at four in the morning, not at midnight", () => {
  const at = (time) => dayAt(Date.parse(`2026-03-20T${time}Z`), "UTC");
  assert.deepEqual(["00:00", "03:59:59.999", "04:00", "23:59"].map(at), [
    "2026-03-19", "2026-03-19", "2026-03-20", "2026-03-20",
  ]); // prettier-ignore
});

test("a day of 23 hours and one of 25 begin where they begin", () => {
  const hours = (day) => (beginOf(daysAfter(day, 1), "Europe/Amsterdam") - beginOf(day, "Europe/Amsterdam")) / 3_600_000;
  assert.deepEqual(["2026-03-27", "2026-03-28", "2026-10-24"].map(hours), [24, 23, 25]);
});

test("days are written as the server's pages write them", () => {
  const words = ["en", "nl", "de", "es"].map((language) => longDay("2026-03-20", language));
  assert.deepEqual(words, ["Friday 20 March", "vrijdag 20 maart", "Freitag, 20. März", "viernes, 20 de marzo"]);
});

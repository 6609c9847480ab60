// The diary day on the phone: a calendar date in the patient's time zone that turns at 04:00.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TURN = 4 * HOUR;
const wallClocks = new Map();

/** Return the latest day (ISO date) that has begun at `moment` (ms since 1970) in `zone`. */
export function dayAt(moment, zone) {
  let day = dateOf(moment + offsetAt(moment, zone));
  while (beginOf(day, zone) > moment) day = daysAfter(day, -1);
  return day;
}

/** Return the moment (ms since 1970) at which `day` begins: the first 04:00, or where it would have been. */
export function beginOf(day, zone) {
  const wall = Date.parse(`${day}T00:00:00Z`) + TURN;
  const [before, after] = [offsetAt(wall - DAY, zone), offsetAt(wall + DAY, zone)];
  const fits = (offset) => offsetAt(wall - offset, zone) === offset;
  return wall - (fits(before) || !fits(after) ? before : after);
}

/** Return the ISO date `number` days after `day`. */
export const daysAfter = (day, number) => dateOf(Date.parse(`${day}T00:00:00Z`) + number * DAY);

/** Return how far `zone` is ahead of UTC at `moment`, in milliseconds. */
export function offsetAt(moment, zone) {
  const said = Object.fromEntries(wallClock(zone).formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(said.year, said.month - 1, said.day, said.hour % 24, said.minute, said.second);
  return wall - Math.floor(moment / 1000) * 1000;
}

/** Return `day` in words of `language`, like "Friday 20 March", as the server's pages write it. */
export function longDay(day, language) {
  const tongue = language === "en" ? "en-GB" : language;
  const how = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(tongue, how).format(Date.parse(`${day}T12:00:00Z`));
}

const dateOf = (wall) => new Date(wall).toISOString().slice(0, 10);

function wallClock(zone) {
  if (!wallClocks.has(zone)) {
    const two = "2-digit";
    const how = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" };
    wallClocks.set(zone, new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", { ...how, timeZone: zone }));
  }
  return wallClocks.get(zone);
}

// Words that were typed and not sent yet: whoever leaves the page with some is asked first, in the browser's own words.

/** Say whether a text would be lost: other than `given`; on a page that was refused, what came back is not stored. */
export function wouldBeLost({ value, given, wasRefused }) {
  const kept = wasRefused ? "" : given.trim();
  return value.trim() !== "" && value.trim() !== kept;
}

function start() {
  const wasRefused = document.querySelector(".nhsuk-error-summary") !== null;
  const texts = [...document.querySelectorAll('form[method="post"] textarea')];
  let sent = null;
  document.addEventListener("submit", (event) => { sent = event.target; });
  document.addEventListener("input", () => { sent = null; });  // they stayed after all
  addEventListener("beforeunload", (event) => {
    const lost = ({ form, value, defaultValue: given }) => form !== sent && wouldBeLost({ value, given, wasRefused });
    if (texts.some(lost)) event.preventDefault();
  });
}

if (typeof document !== "undefined") start();

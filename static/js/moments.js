// @ts-check
// Dates and times in the browser's time zone, as its language writes them. The server wrote them in the zone that the cookie
// names, which is set here, or in the installation's.

const YEAR_S = 31_536_000;
const DAY = /** @type {const} */ ({ day: "numeric", month: "short", year: "numeric" });

/** @param {HTMLElement} root */
export function init(root) {
  nameZone();
  const language = chooseLanguage(document.documentElement.lang, navigator.languages);
  const found = /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("time[data-moment]"));
  for (const element of root instanceof HTMLTimeElement ? [root, ...found] : found) show(element, language);
}

/** Tell the server the zone, so that the next page needs no change and a day begins at the reader's midnight. */
function nameZone() {
  const zone = encodeURIComponent(new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  if (!zone || document.cookie.split("; ").includes(`time_zone=${zone}`)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `time_zone=${zone}; Path=/; SameSite=Lax; Max-Age=${YEAR_S}${secure}`;
}

/**
 * Return the browser's own variant of the page's language: "en-US" of "en".
 * @param {string} page
 * @param {readonly string[]} preferred
 */
export function chooseLanguage(page, preferred) {
  const [base] = page.split("-");
  const variant = preferred.find((name) => name.startsWith(`${base}-`));
  return variant ?? (base === "en" ? "en-GB" : page);
}

/**
 * @param {Date} at
 * @param {string} form
 * @param {string} language
 */
export function formatMoment(at, form, language) {
  const text = new Intl.DateTimeFormat(language, optionsOf(form, language)).format(at);
  if (form !== "exact") return text;
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "longOffset" }).formatToParts(at);
  const zone = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  return `${text} ${zone.replace("+00:00", "")}`; // browsers differ here, and the server writes "GMT"
}

/**
 * @param {string} form
 * @param {string} language whose 24-hour clock has two digits: 09:05, but 9:05 AM
 * @returns {Intl.DateTimeFormatOptions}
 */
function optionsOf(form, language) {
  if (form === "day") return DAY;
  const { hourCycle = "" } = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions();
  const hour = hourCycle.startsWith("h1") ? "numeric" : "2-digit";
  const clock = /** @type {const} */ ({ hour, minute: "2-digit" });
  if (form === "clock") return clock;
  return form === "minute" ? { ...DAY, ...clock } : { ...DAY, ...clock, second: "2-digit" };
}

/**
 * @param {HTMLTimeElement} element
 * @param {string} language
 */
function show(element, language) {
  const at = new Date(element.dateTime);
  const form = element.dataset.moment ?? "";
  element.title = formatMoment(at, "exact", language);
  if (form !== "ago") element.textContent = formatMoment(at, form, language); // how long ago it was is the same everywhere
}

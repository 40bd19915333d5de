// @ts-check
// Starts every behaviour on the page, and again on whatever htmx or a stream brings in.

import { init as citations } from "./citations.js";
import { init as composer } from "./composer.js";
import { init as copy } from "./copy.js";
import { init as drafts } from "./drafts.js";
import { init as drawer } from "./drawer.js";
import { init as bulk } from "./bulk.js";
import { init as fileText } from "./file-text.js";
import { init as folders } from "./folders.js";
import { init as keys } from "./keys.js";
import { init as keptForms } from "./kept-forms.js";
import { init as menus } from "./menus.js";
import { init as moments } from "./moments.js";
import { init as passkeys } from "./passkeys.js";
import { init as otherTabs } from "./other-tabs.js";
import { init as panel } from "./panel.js";
import { init as review } from "./review.js";
import { init as scrollers } from "./scrollers.js";
import { init as stream } from "./stream.js";
import { init as tabs } from "./tabs.js";
import { init as theme } from "./theme.js";
import { toast } from "./toast.js";
import { init as upload } from "./upload.js";

// Listen on the page: once.
const PAGE = [
  drawer, theme, menus, copy, citations, panel, composer, drafts, fileText, keptForms, keys, passkeys, review, otherTabs,
];
const PARTS = [moments, stream, upload, folders, bulk, scrollers, tabs]; // look for their elements: wherever new ones arrive

for (const init of [...PAGE, ...PARTS]) init(document.body);

document.addEventListener("htmx:load", (event) => {
  for (const init of PARTS) init(/** @type {HTMLElement} */ (event.target));
});
// A whole page in place of a part: the session has ended, and this is the sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (!/^\s*<!doctype html/i.test(detail.xhr.responseText)) return;
  detail.shouldSwap = false;
  location.reload();
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const source = /** @type {HTMLElement} */ (event.target);
    // What asks by itself tries again by itself; only what a person did deserves a message.
    if (!source.matches("[hx-trigger*='every'], #panel-body")) toast(document.body.dataset.failed ?? "");
  });
}

// On the page around it: fits the hub's frames to their content. Frames with `data-loa-fixed` stay as they are.
(() => {
  "use strict";
  if (!document.currentScript) return;
  const { origin } = new URL(document.currentScript.src);
  const isOurs = (frame) => {
    try {
      return new URL(frame.src).origin === origin && !frame.hasAttribute("data-loa-fixed");
    } catch {
      return false;
    }
  };
  addEventListener("message", (event) => {
    // A frame in a sandbox has no origin; it is known by its window.
    if (event.origin !== origin && event.origin !== "null") return;
    const { data } = event;
    if (!data || data.loa !== "height" || !(data.height > 0)) return;
    for (const frame of document.querySelectorAll("iframe")) {
      if (frame.contentWindow === event.source && isOurs(frame)) {
        frame.height = Math.min(Math.ceil(data.height), 5000);
      }
    }
  });
})();

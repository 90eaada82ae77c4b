// In the frame: tells the page around it how high its content is, and whenever that changes.
// A height is nobody's secret, so every page may hear it.
(() => {
  "use strict";
  if (parent === window) return;
  const tell = () =>
    parent.postMessage({ loa: "height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*");
  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("load", tell);
})();

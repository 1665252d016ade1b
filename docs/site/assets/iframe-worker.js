// A page that is opened as a file may start no worker, and the search of the theme is one. There the worker's script runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      this.waiting = new Promise((ready) => {
        frame.addEventListener("load", () => {
          const inside = frame.contentWindow;
          inside.postMessage = (data) => setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) })));
          const script = inside.document.createElement("script");
          script.src = new URL(url, location.href).href;
          script.onload = () => ready(inside);
          inside.document.head.append(script);
        }, { once: true });
      });
      document.body.append(frame);
    }
    set onmessage(listener) { this.addEventListener("message", listener); }
    postMessage(data) { this.waiting.then((inside) => setTimeout(() => inside.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) })))); }
    terminate() {}
  };
}

// Extractors that run in Node: one JSON line {"html": ...} in, one JSON string out. The last argument says which. Given to `node -e`, so that
// packages are found from the folder it runs in.
import readline from "node:readline";
import { JSDOM, VirtualConsole } from "jsdom";

const write = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const dom = (html) => new JSDOM(html, { url: "https://example.org/page", virtualConsole: new VirtualConsole() });

const makers = {
  defuddle: async () => {
    const { Defuddle } = await import("defuddle/node");
    return async (html) => {
      const found = await Defuddle(dom(html).window.document, "https://example.org/page", { markdown: true, useAsync: false });
      return found.contentMarkdown || found.content || "";
    };
  },
  "readability.js": async () => {
    const { Readability } = await import("@mozilla/readability");
    return async (html) => new Readability(dom(html).window.document).parse()?.textContent ?? "";
  },
  "mathml-to-latex": async () => {
    const { MathMLToLaTeX } = await import("mathml-to-latex");
    return async (mathml) => MathMLToLaTeX.convert(mathml);
  },
};

const extract = await makers[process.argv.at(-1)]();
for (const name of ["log", "warn", "error", "info", "debug"]) console[name] = () => {};
write("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    write(await extract(JSON.parse(line).html));
  } catch {
    write("");
  }
}

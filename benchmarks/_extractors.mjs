// Extractors that run in Node: one JSON line {"html": ...} in, one JSON string out. The first argument says which.
import readline from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { JSDOM, VirtualConsole } = await load("jsdom");
const write = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const dom = (html) => new JSDOM(html, { url: "https://example.org/page", virtualConsole: new VirtualConsole() });

const makers = {
  defuddle: async () => {
    const { Defuddle } = await load("defuddle/node");
    return async (html) => {
      const found = await Defuddle(dom(html).window.document, "https://example.org/page", { markdown: true, useAsync: false });
      return found.contentMarkdown || found.content || "";
    };
  },
  "readability.js": async () => {
    const { Readability } = await load("@mozilla/readability");
    return async (html) => new Readability(dom(html).window.document).parse()?.textContent ?? "";
  },
  "mathml-to-latex": async () => {
    const { MathMLToLaTeX } = await load("mathml-to-latex");
    return async (mathml) => MathMLToLaTeX.convert(mathml);
  },
};

const extract = await makers[process.argv[2]]();
for (const name of ["log", "warn", "error", "info", "debug"]) console[name] = () => {};
write("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    write(await extract(JSON.parse(line).html));
  } catch {
    write("");
  }
}

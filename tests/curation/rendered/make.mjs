// Makes the fixtures beside this file: our own formulas as real renderers draw them, without source and MathML.
//
//   npm i k10@npm:katex@0.10.2 k13@npm:katex@0.13.24 k16@npm:katex@0.16.47 k19@npm:katex@0.19.1 \
//         mathjax-full@3.2.2 mj4@npm:mathjax@4.1.3 mathjax-node@2.1.1 mj2@npm:mathjax@2.7.9 jsdom@16
//   for r in k10 k13 k16 k19 mathjax3-chtml mathjax3-svg mathjax4-chtml mathjax4-svg mathjax2-chtml mathjax2-html-css
//   do NODE_PATH=node_modules node make.mjs $r $PWD/node_modules > $r.json.gz; done
//
// Cut, since nothing is read from it: shapes of glyphs, the ends of other paths, and styles but for offsets, heights and lines.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
const [renderer, modules] = process.argv.slice(2);
const require = createRequire(modules + '/');

const FORMULAS = [
  String.raw`x_{i}^{2}+\frac{a+1}{2b}=\sqrt[3]{y}`,
  String.raw`\sum_{i=1}^{n}\binom{n}{k}\le\lim_{t\to 0}\sin t`,
  String.raw`\left(\begin{matrix}a & b \\ c & d\end{matrix}\right)\cdot\hat{v}`,
  String.raw`f'(x)\in\mathbb{R}\text{ if }\overline{z}\ne\mathcal{A}\ {\rm and}\ \mathbf{u}=\boldsymbol{0}`,
  String.raw`g(x)=\begin{cases}\Gamma(x) & x>0 \\ \infty & \text{else}\end{cases}`,
  String.raw`\int_{0}^{\pi}\left|\underbrace{p+q}_{m}\right|\,dx`,
];

const KEEP = /^(top|height|width|margin-right|text-align|position|font-family|font-style|border(-\w+)?)$/;
function small(html) {
  return html.replace(/<defs>.*?<\/defs>/gs, '').replace(/ d="([^"]{0,40})[^"]*"/g, renderer[0] == 'k' ? ' d="$1"' : '')
    .replace(/ (xmlns(:\w+)?|viewBox|preserveAspectRatio|data-latex|id|role|focusable|tabindex|stroke|fill|stroke-width)="[^"]*"/g,
      (all, name, _, at, text) => /MathJax-(Span|Element)/.test(all) ? all : '')
    .replace(/style="([^"]*)"/g, (_, style) => `style="${style.split(';').map(s => s.trim()).filter(s => KEEP.test(s.split(':')[0])).join('; ')}"`)
    .replace(/ style=""/g, '');
}

async function katex() {
  const k = require(renderer);
  return t => k.renderToString(t, { output: 'html', displayMode: true }).replace(/<span class="katex-mathml">.*?<\/math><\/span>/s, '');
}

async function mathjax3(output) {
  const { mathjax } = require('mathjax-full/js/mathjax.js');
  const { TeX } = require('mathjax-full/js/input/tex.js');
  const { AllPackages } = require('mathjax-full/js/input/tex/AllPackages.js');
  const { liteAdaptor } = require('mathjax-full/js/adaptors/liteAdaptor.js');
  const { RegisterHTMLHandler } = require('mathjax-full/js/handlers/html.js');
  const Output = output == 'svg' ? require('mathjax-full/js/output/svg.js').SVG : require('mathjax-full/js/output/chtml.js').CHTML;
  const adaptor = liteAdaptor();
  RegisterHTMLHandler(adaptor);
  const page = mathjax.document('', { InputJax: new TeX({ packages: AllPackages }), OutputJax: new Output({ fontURL: '' }) });
  return t => adaptor.outerHTML(page.convert(t, { display: true }));
}

async function mathjax4(output) {
  const MathJax = require('mj4');
  await MathJax.init({
    loader: { load: ['input/tex', 'output/' + output] }, options: { enableAssistiveMml: false, enableMenu: false },
    output: { fontPath: '@mathjax/%%FONT%%-font' },
  });
  return async t => MathJax.startup.adaptor.outerHTML(await MathJax[`tex2${output}Promise`](t, { display: true }));
}

async function mathjax2() {
  const node = require('mathjax-node');
  return t => new Promise(done => node.typeset({ math: t, format: 'TeX', html: true }, data => done(data.html)));
}

// A browser is faked: lengths are what the styles say, texts eight pixels for each letter. Only offsets depend on it.
async function htmlCss() {
  const { JSDOM, VirtualConsole } = require('jsdom');
  const base = pathToFileURL(modules + '/mj2/').href;
  const config = { skipStartupTypeset: true, extensions: ['tex2jax.js'], jax: ['input/TeX', 'output/HTML-CSS'], TeX: { extensions: ['AMSmath.js', 'AMSsymbols.js'] },
    'HTML-CSS': { availableFonts: [], preferredFont: null, webFont: 'TeX', imageFont: null }, messageStyle: 'none' };
  const page = FORMULAS.map(t => `<div><script type="math/tex; mode=display">${t}</script></div>`).join('');
  const dom = new JSDOM(`<script type="text/x-mathjax-config">MathJax.Hub.Config(${JSON.stringify(config)})</script>${page}`,
    { url: base + 'page.html', runScripts: 'dangerously', resources: 'usable', virtualConsole: new VirtualConsole(), pretendToBeVisual: true });
  const length = (style, other) => { const m = /^([\d.]+)(ex|em|px)/.exec(style); return m ? m[1] * { ex: 7, em: 16, px: 1 }[m[2]] : other; };
  const fake = (name, get) => Object.defineProperty(dom.window.HTMLElement.prototype, name, { get });
  fake('offsetWidth', function () { return length(this.style.width, this.textContent.length * 8); });
  fake('offsetHeight', function () { return length(this.style.height, 16); });
  const script = dom.window.document.createElement('script');
  script.src = base + 'MathJax.js';
  await new Promise(done => {
    const typeset = () => { const { Hub } = dom.window.MathJax; Hub.Register.StartupHook('End', () => { Hub.Queue(['Typeset', Hub], () => { done(); }); }); };
    script.onload = typeset;
    dom.window.document.head.appendChild(script);
    setTimeout(done, 90000).unref();
  });
  return t => dom.window.document.querySelectorAll('.MathJax')[FORMULAS.indexOf(t)].outerHTML;
}

const [name, output] = [renderer.split('-')[0], renderer.split('-').slice(1).join('-')];
const render = await (name[0] == 'k' ? katex() : output == 'html-css' ? htmlCss() : { mathjax2, mathjax3, mathjax4 }[name](output));
const made = [];
for (const tex of FORMULAS) made.push({ tex, html: small(await render(tex)) });
process.stdout.write(gzipSync(JSON.stringify(made), { level: 9 }), () => process.exit(0));

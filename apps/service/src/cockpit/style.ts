import { createHash } from 'node:crypto';

/** Colours have a contrast of at least 4.5 in both schemes; the browser tests measure it. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#56616f;--paper:#f5f6f8;--card:#fff;--line:#dde2e8;--accent:#1f5f99;--good:#1d6b3a;--good-back:#e3f4e8;--warn:#7a4b00;--warn-back:#fff4dc}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a6b0be;--paper:#11151b;--card:#1a2029;--line:#2f3845;--accent:#8fc4f5;--good:#8fdcaa;--good-back:#16301f;--warn:#f2c879;--warn-back:#2c220f}}
*{box-sizing:border-box}
body{margin:0;border-top:.25rem solid var(--accent);background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:clamp(1.6rem,5vw,2.25rem);line-height:1.2;margin:0;letter-spacing:-.01em}
header p,footer{color:var(--soft)}
header p{margin:.35rem 0 0}
footer{padding-top:.5rem;padding-bottom:2.5rem;font-size:.875rem}
.notice{margin:1.25rem 0 0;padding:.75rem 1rem;border-radius:.6rem;border:1px solid currentColor;background:var(--warn-back);color:var(--warn);font-weight:600}
.notice.good{background:var(--good-back);color:var(--good)}
.figures{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0;padding:0}
.figures div,section{background:var(--card);border:1px solid var(--line);border-radius:.8rem}
.figures div{flex:1 1 8rem;padding:.9rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{color:var(--soft);font-size:.875rem}
.figures dd{margin:0;font-size:1.6rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}
.figures div:first-child dd{color:var(--accent)}
.columns{display:grid;gap:1rem;align-items:start}
.columns>*{min-width:0}
.columns>div{display:grid;gap:1rem}
@media(min-width:54rem){.columns{grid-template:auto 1fr/1fr 1fr}.columns>div{grid-area:1/2/3/3}#orders~table .under{display:inline-block;margin-left:.5rem}}
section{padding:1.1rem 1.25rem 1.25rem}
h2{font-size:1.125rem;margin:0 0 .6rem}
section>p{margin:.25rem 0;color:var(--soft)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.55rem .75rem .55rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-size:.875rem;font-weight:500;padding-top:0}
tbody th{font-weight:500}
th:last-child,td:last-child{padding-right:0}
.number,.status{white-space:nowrap;overflow-wrap:normal}
.number{text-align:right;font-variant-numeric:tabular-nums}
.over{color:var(--soft)}
.over .number{text-decoration:line-through}
.under{display:block;color:var(--soft);font-size:.875rem;font-weight:400}
.details{display:grid;grid-template-columns:auto 1fr;gap:.4rem 1rem;margin:0}
.details dt{color:var(--soft)}
.details dd{margin:0}
ul{list-style:none;margin:0;padding:0}
li{border-top:1px solid var(--line);padding:.8rem 0}
li:first-child{border-top:0;padding-top:.2rem}
li:last-child{padding-bottom:0}
.consent{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:flex-start;justify-content:space-between}
.consent>div{flex:1 1 14rem;min-width:0}
h3{font-size:1rem;margin:0}
.consent p{margin:0;color:var(--soft);font-size:.9375rem}
.given{color:var(--good);font-weight:600}
form{margin:0}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.4rem 1.1rem;border-radius:.6rem;border:1.5px solid var(--accent);background:transparent;color:var(--accent);cursor:pointer}
.consent button{min-width:10rem}
button:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.alone{width:calc(100% - 2.5rem);max-width:34rem;margin-top:12vh;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.8rem}
.alone h1{font-size:1.5rem}
.alone p{margin:.75rem 0 0;color:var(--soft)}
@media print{:root{--ink:#000;--soft:#333;--paper:#fff;--card:#fff;--line:#bbb;--good:#000}form,.skip,.notice{display:none}section,tr{break-inside:avoid}}
`;

/** Forbids resources, scripts, foreign targets of forms, and frames. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

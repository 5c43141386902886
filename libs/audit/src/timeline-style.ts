/** The style of the page: light and dark, for phones and paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6575;--line:#d9dee7;--paper:#fff;--card:#f6f8fb;--accent:#2457c5;--good:#1c7a4a;--bad:#b3372f;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf2;--soft:#9aa5b8;--line:#2c3444;--paper:#12161f;--card:#1a202b;--accent:#8fb2ff;--good:#6fd3a0;--bad:#ff9a8f;--warn:#f0c36a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:56rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.1rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.2rem 0 .8rem}
h3{font-size:1rem;margin:0}
p{margin:.35rem 0}
a{color:var(--accent)}
code,pre{font:.86em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code,bdi{overflow-wrap:anywhere}
pre{margin:.5rem 0 0;padding:.75rem;border-radius:.4rem;background:var(--card);white-space:pre-wrap;overflow-wrap:anywhere}
.kicker,.note,.when,.by,dt{color:var(--soft)}
.kicker,.when,.by,.note{font-size:.88rem}
.kicker{margin:0;letter-spacing:.02em}
.status{display:inline-block;vertical-align:middle;font-size:.8rem;font-weight:600;padding:.1rem .6rem;border:1px solid currentColor;border-radius:1rem}
.status.active{color:var(--good)}.status.deleted,.status.unknown{color:var(--warn)}.status.erased{color:var(--bad)}
dl{margin:0}dd{margin:0}
.facts>div{display:grid;grid-template-columns:9rem 1fr;gap:.25rem 1rem;padding:.2rem 0}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(11rem,45%),1fr));gap:.6rem;margin-bottom:1rem}
.figures>div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem}
.figures dt{font-size:.82rem}
.figures dd{font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.gone{color:var(--bad)}
.warning{border-left:3px solid var(--warn);padding-left:.75rem;color:var(--warn)}
.timeline{list-style:none;margin:0;padding:0 0 0 1.1rem;border-left:2px solid var(--line)}
.timeline>li{position:relative;padding:0 0 1.4rem;content-visibility:auto;contain-intrinsic-size:auto 14rem}
.timeline h3 a{display:inline-block;min-width:1.9rem;padding:0 .4rem;margin-right:.3rem;text-align:center;border:1px solid var(--line);border-radius:1rem;background:var(--card);color:var(--soft);font-size:.82rem;font-weight:600;text-decoration:none;font-variant-numeric:tabular-nums}
.timeline li:target h3 a{border-color:var(--accent);color:var(--accent)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.8rem;font-weight:500;color:var(--soft)}
tbody th{font-weight:400;width:44%}td{width:28%;font-variant-numeric:tabular-nums}
del{color:var(--soft);text-decoration:none}
ins{text-decoration:none;font-weight:600}
summary{cursor:pointer;color:var(--accent);font-size:.9rem}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media(max-width:36rem){main{padding:1.2rem .8rem 3rem}h1{font-size:1.5rem}.facts>div{grid-template-columns:1fr;gap:0}.timeline{padding-left:.7rem}
table,tbody,tr,tbody th,td{display:block;width:auto}thead{display:none}tr{padding:.3rem 0;border-bottom:1px solid var(--line)}tbody th,td{border:0;padding:0}td{display:inline}td:empty{display:none}td:not(:empty)+td::before{content:" → ";color:var(--soft)}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#fff;--accent:#000;--good:#000;--bad:#000;--warn:#000}main{max-width:none;padding:0}.timeline>li{content-visibility:visible;break-inside:avoid}body{font-size:11pt}}
`;

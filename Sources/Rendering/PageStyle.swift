//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The look of every page that is written as a file: light and dark, from 390 pixels on, on paper.
public enum PageStyle {
    /// Colours of series, `--s0`... in `css`.
    public static let colourCount = 8

    public static let css = """
        :root{--bg:#fcfcfb;--card:#fff;--ink:#1d1f21;--soft:#666c73;--line:#e3e5e8;--pass:#1a7f45;\
        --fail:#c22f2f;--open:#8a6d1a;--s0:#2463b4;--s1:#c8501e;--s2:#2c8a57;--s3:#8446a8;\
        --s4:#6d7480;--s5:#b58900;--s6:#c2307a;--s7:#1b8a94}
        @media(prefers-color-scheme:dark){:root{--bg:#131517;--card:#1b1e21;--ink:#e6e8ea;\
        --soft:#9aa2ab;--line:#2d3237;--pass:#4cc27f;--fail:#f0706c;--open:#d9b54a;--s0:#6fa8ec;\
        --s1:#f0915f;--s2:#63c792;--s3:#c08ae0;--s4:#a3abb5;--s5:#e0bd4c;--s6:#f07fb4;--s7:#5cc9d2}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:1400px;padding:24px;\
        background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        h1{display:inline;font-size:24px;margin:0 12px 0 0}h2{font-size:17px;margin:32px 0 8px}
        header p{color:var(--soft);margin:6px 0 0}strong.PASS{color:var(--pass)}\
        strong.FAIL{color:var(--fail)}strong.OPEN{color:var(--open);font-weight:500}
        header strong{font-size:24px}.wide{overflow-x:auto}
        table{border-collapse:collapse;width:100%;background:var(--card);font-size:14px}
        table.narrow{width:auto}th,td{text-align:left;padding:5px 12px;\
        border-bottom:1px solid var(--line);vertical-align:top}td:first-child{white-space:nowrap}
        th{color:var(--soft);font-weight:500}table.narrow td:last-child{text-align:right;\
        font-variant-numeric:tabular-nums}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));\
        gap:16px}.charts+.wide,.wide+.charts{margin-top:16px}
        figure{margin:0;padding:12px 14px;background:var(--card);border:1px solid var(--line);\
        border-radius:6px;min-width:0}figcaption{font-weight:600}
        figcaption small{color:var(--soft);font-weight:400;margin-left:8px}
        .keys{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft);\
        min-height:20px}.keys span{overflow-wrap:anywhere}.keys i{display:inline-block;width:10px;\
        height:10px;border-radius:5px;margin-right:5px}.keys i.square{border-radius:0}\
        .keys b{color:var(--ink);font-weight:500;margin-left:5px}
        .plot{position:relative;height:210px;margin:10px 12px 24px 52px}
        .plot svg{position:absolute;width:100%;height:100%;overflow:visible}
        .plot path{fill:none;vector-effect:non-scaling-stroke}
        .grid{stroke:var(--line)}.zero{stroke:var(--soft)}
        .line{stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
        .plot .area{stroke:none;fill-opacity:.2}.plot .bars{stroke:none;fill-opacity:.75}
        .dot{stroke-width:5;stroke-linecap:round;stroke-opacity:.75}
        .square{stroke-width:5;stroke-linecap:square;stroke-opacity:.75}
        .many{stroke-width:2.5;stroke-opacity:.6}
        .hit{fill:transparent}.hit:hover{fill:var(--soft);fill-opacity:.18}
        .plot span{position:absolute;color:var(--soft);font-size:11px;line-height:1;\
        white-space:nowrap;font-variant-numeric:tabular-nums}
        .plot .y{right:100%;margin-right:6px;transform:translateY(-50%)}
        .plot .x{top:100%;margin-top:7px;transform:translateX(-50%)}
        figure p{margin:4px 0 0;font-size:13px;color:var(--soft)}.empty{padding:60px 0;\
        text-align:center;color:var(--soft)}code{font-size:13px}
        @media(max-width:600px){body{padding:14px}figure{padding:10px}\
        .plot{margin-left:46px;height:180px}.plot .odd{display:none}th,td{padding:5px 8px}}
        @media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;\
        --s0:#2463b4;--s1:#c8501e;--s2:#2c8a57;--s3:#8446a8;--s4:#6d7480;--s5:#b58900;\
        --s6:#c2307a;--s7:#1b8a94;--pass:#1a7f45;--fail:#c22f2f;--open:#8a6d1a}
        body{max-width:none;padding:0;font-size:11px;print-color-adjust:exact;\
        -webkit-print-color-adjust:exact}figure,tr{break-inside:avoid}h2{break-after:avoid}\
        .charts{grid-template-columns:1fr 1fr}.wide{overflow:visible}table,.keys,figure p{\
        font-size:10px}.plot{height:140px}.plot .odd,.hit{display:none}}
        """
}

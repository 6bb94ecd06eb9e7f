"""The families that real notices use; a channel is a family with its own schema, presets and words.

| family | module | channels |
|---|---|---|
| partner score (F1) | `partner` | partner_score |
| checklist (F1d) | `checklist` | checklist |
| findings (F6) | `findings` | inspections |
| panel (F1m) | `panel` | panel, districts |
| cases (F2) | `cases` | hotline, messages, press |
| case totals (F2) | `case_totals` | hotline_totals, messages_totals, press_totals |
| show sessions (F2) | `show` | hotline_show |
| ballots (F3, F4) | `ballots` | mobile_qr, web_poll, television, weibo, deputies, cppcc, roster |
| monitoring points (F5) | `monitoring_points` | monitoring_points |

Each module's docstring lists its counters and facts. A scheme picks a preset by name (`preset = "panjin"`, or
a list of names); what a preset leaves open stays required. Bands give points, full, per and floor.

| preset | of | fills in |
|---|---|---|
| `hundred`, `hundred-2` | partner_score | scale 100; the second also score_decimals 2 |
| `plain`, `trimmed` | panel | n_min 3, trim 0 or 1 |
| `national` | checklist, findings | bonus_gate over 80, bonus_cap 20 |
| `panjin` | cases | closed .20, satisfied .30, on_time .25, followed_up .25; sub_score_decimals 2 |
| `three_rate` | cases | signed_on_time .10, resolved .50, satisfied .40; credit basic .9; the same decimals |
| `30/30/40` | cases | on_time .3, closed .3, satisfied .4; the same decimals |
| `lianyungang` | cases | signed_on_time 10, 95, 1, 0; on_time 20, 95, 1, 0; satisfied 25, 95, .5, 12.5 |
| `lianyungang_2022` | cases | the same with satisfied full from 98 |
| `rate` | cases | n_min 5 |
| `100/80/60/0`, `100/90/70/50` | ballots | very_satisfied, satisfied, basic, dissatisfied |
| `kaixian` | ballots | 100/90/70/50, which is no rate |
| `100/80/30`, `100/75/55`, `100/70/30` | ballots | satisfied, basic, dissatisfied |
| `100/80/60/30/0`, `100/80/60/40/20`, `100/80/60/40/0` | ballots | the four and very_dissatisfied |
| `1-10` | ballots | options 1 to 10, worth (x - 1) / 9 * 100 exactly |
| `jinxiang` | ballots | 100/80/30, unscored no_opinion, shown as score |
| `shandong_2008` | ballots | 100/75/55, unscored no_opinion, a score; strata phone .6, questionnaire .4 |
| `xiaolongshan` | ballots | satisfied 100, fairly_satisfied 80, average 60; none unscored; a score |
| `survey` | ballots | n_min 30 |
| `half` | rosters | quorum over .5 of the eligible |
| `100/80/50`, `leader_only` | show | credit: deputy .8 and other .5, or 0 and 0 |
| `40/20/20/20` | show | attended .4, answered_on_time, resolved, satisfied .2 each; 2 decimals |
| `50/50` | monitoring_points | ballot_share .5; answered_on_time .2, resolved .4, satisfied .4 |
| `zhenhai` | rosters | satisfied by half of the eligible, else with basic by more than half, else not |
"""

-- The second case in SQL (DuckDB), written from docs/attribution.md and docs/attribution/ and sharing no code with the calculation.
-- Everything is worked out day by day and pair by pair; cents and shares are whole numbers, every rounding is half away from zero.

CREATE OR REPLACE MACRO share_of(a, b, d) AS CASE WHEN d = 0 THEN 0::HUGEINT ELSE
  (sign(a) * sign(b) * sign(d) * ((2 * abs(a * b) + abs(d)) // (2 * abs(d))))::HUGEINT END;
CREATE OR REPLACE MACRO cents(x) AS CAST(CAST(x AS DECIMAL(30,2)) * 100 AS HUGEINT);
CREATE OR REPLACE MACRO far() AS DATE '9999-12-31';

-- rule 2: the tree of each day
CREATE TABLE day AS SELECT unnest(generate_series(DATE '2020-01-01', DATE '2026-12-31', INTERVAL 1 DAY))::DATE AS day;
CREATE TABLE dated_parent AS SELECT account_id, parent_account_id, valid_from,
  least(coalesce(valid_to, far()), lead(valid_from, 1, far()) OVER (PARTITION BY account_id ORDER BY valid_from)) AS valid_to FROM account_parents;
CREATE TABLE parent AS SELECT d.day, a.account_id,
  CASE WHEN a.merged_date <= d.day THEN a.merged_into_account_id
       WHEN a.account_id IN (SELECT account_id FROM account_parents) THEN p.parent_account_id ELSE a.parent_account_id END AS parent_id
FROM day d CROSS JOIN accounts a LEFT JOIN dated_parent p ON p.account_id = a.account_id AND p.valid_from <= d.day AND d.day < p.valid_to;
CREATE TABLE above AS WITH RECURSIVE up AS (
  SELECT day, account_id, account_id AS above_id, parent_id, 0 AS steps FROM parent
  UNION ALL SELECT up.day, up.account_id, p.account_id, p.parent_id, steps + 1 FROM up JOIN parent p ON p.day = up.day AND p.account_id = up.parent_id)
SELECT day, account_id, above_id, steps, parent_id IS NULL AS is_root FROM up;
CREATE TABLE root AS SELECT day, account_id, above_id AS root_id FROM above WHERE is_root;

-- rule 1
CREATE TABLE sale AS SELECT l.order_line_id, l.order_id, l.line_number, o.account_id, r.root_id, o.order_date AS day, o.agreement_id, o.sales_rep_id,
  p.product_family AS family, cents(l.net_amount) AS amount,
  row_number() OVER (ORDER BY o.order_date, o.order_id, l.line_number, l.order_line_id) AS place
FROM order_lines l JOIN orders o USING (order_id) JOIN products p USING (product_id) JOIN root r ON r.account_id = o.account_id AND r.day = o.order_date
WHERE o.status = 'confirmed';
CREATE TABLE back AS SELECT *, share_of(amount, to_date - part, amount) AS reversed_before, share_of(amount, to_date, amount) AS reversed_to_date FROM (
  SELECT t.return_id, t.return_date AS day, s.order_line_id, s.order_id, s.account_id, s.family, s.amount, cents(t.amount) AS part,
         (sum(cents(t.amount)) OVER (PARTITION BY s.order_line_id ORDER BY t.return_date, t.return_id))::HUGEINT AS to_date
  FROM returns t JOIN sale s USING (order_line_id));

-- rules 3 and 4: the past of the accounts that stand under the customer on the day of the order
CREATE TABLE past AS SELECT DISTINCT s.order_id, b.day FROM (SELECT DISTINCT order_id, root_id, day FROM sale) s
  JOIN root r ON r.day = s.day AND r.root_id = s.root_id JOIN sale b ON b.account_id = r.account_id AND b.day <= s.day;
CREATE TABLE relationship AS SELECT order_id, sum(starts) AS number, max(day) FILTER (starts = 1) AS began FROM (
  SELECT *, CASE WHEN lag(day) OVER w IS NULL OR day >= lag(day) OVER w + to_months($win_back) THEN 1 ELSE 0 END AS starts
  FROM past WINDOW w AS (PARTITION BY order_id ORDER BY day)) GROUP BY order_id;

-- agreements: which renews which
CREATE TABLE term AS SELECT g.*, coalesce(a.merged_into_account_id, g.account_id) AS holder, coalesce(a.merged_date, DATE '0001-01-01') AS since
  FROM agreements g JOIN accounts a USING (account_id) WHERE g.status <> 'cancelled';
CREATE TABLE renewal AS SELECT agreement_id, old, start_date FROM (
  SELECT *, row_number() OVER (PARTITION BY old ORDER BY start_date, agreement_id) AS nth FROM (
    SELECT n.agreement_id, n.start_date, o.agreement_id AS old, row_number() OVER (PARTITION BY n.agreement_id ORDER BY o.start_date DESC, o.agreement_id DESC) AS latest
    FROM term n JOIN term o ON o.holder = n.holder AND o.product_family IS NOT DISTINCT FROM n.product_family AND o.start_date < n.start_date
     AND n.since <= n.start_date AND o.since <= n.start_date AND n.start_date <= o.end_date + to_months($lapse)) WHERE latest = 1) WHERE nth = 1;
CREATE TABLE agreed AS SELECT t.agreement_id, y.k, (t.start_date + to_years(y.k::INT))::DATE AS first, (t.start_date + to_years(y.k::INT + 1))::DATE AS full_end,
  least(t.end_date, coalesce(n.start_date, far())) AS ends, cents(CASE WHEN y.k = 0 THEN coalesce(o.annual_value, 0) ELSE t.annual_value END) AS value
FROM term t CROSS JOIN range(0, 8) y(k) LEFT JOIN renewal r ON r.agreement_id = t.agreement_id LEFT JOIN term o ON o.agreement_id = r.old
LEFT JOIN renewal n ON n.old = t.agreement_id WHERE y.k = 0 OR (t.start_date + to_years(y.k::INT))::DATE < least(t.end_date, coalesce(n.start_date, far()));
CREATE TABLE named AS WITH RECURSIVE follow AS (
  SELECT DISTINCT s.order_id, s.day, s.agreement_id FROM sale s JOIN term USING (agreement_id) WHERE '$base' = 'agreement'
  UNION ALL SELECT f.order_id, f.day, r.agreement_id FROM follow f JOIN renewal r ON r.old = f.agreement_id AND f.day >= r.start_date)
SELECT order_id, day, arg_max(agreement_id, depth) AS agreement_id FROM (SELECT f.*, (SELECT start_date FROM term WHERE term.agreement_id = f.agreement_id) AS depth FROM follow f) GROUP BY order_id, day;
CREATE TABLE counted AS SELECT n.order_id, n.agreement_id || '/' || max(a.k) AS key, arg_max(share_of(a.value, greatest(least(a.full_end, a.ends) - a.first, 0), a.full_end - a.first), a.k) AS base
  FROM named n JOIN agreed a ON a.agreement_id = n.agreement_id AND (a.k = 0 OR a.first <= n.day) GROUP BY n.order_id, n.agreement_id;

CREATE TABLE line AS SELECT s.*, r.number, r.began, s.day < r.began + to_months($new) AS is_new, c.key, c.base AS agreed_base, year(s.day) AS fy, date_trunc('month', s.day)::DATE AS month
  FROM sale s JOIN relationship r USING (order_id) LEFT JOIN counted c USING (order_id);

-- rule 5 and bases: what each account brings
CREATE TABLE moved AS SELECT account_id, family, day, amount FROM line WHERE key IS NULL
  UNION ALL SELECT b.account_id, b.family, b.day, b.reversed_before - b.reversed_to_date FROM back b LEFT JOIN counted c USING (order_id) WHERE c.key IS NULL;
CREATE TABLE yearly AS SELECT account_id, family, year(day) + 1 AS fy, sum(amount)::HUGEINT AS amount FROM moved GROUP BY ALL;
CREATE TABLE brought AS SELECT account_id, family, fy, CASE WHEN '$base' = 'account_plan' THEN coalesce(cents(p.revenue_target), y.amount, 0) ELSE coalesce(y.amount, 0) END AS amount
  FROM yearly y FULL JOIN (SELECT account_id, product_family AS family, fiscal_year AS fy, revenue_target FROM account_plans WHERE '$base' = 'account_plan') p USING (account_id, family, fy);
CREATE TABLE existing AS SELECT e.*, CASE WHEN e.key IS NOT NULL THEN e.agreed_base
    WHEN '$base' = 'trailing_twelve_months' THEN coalesce((SELECT sum(share_of(twelve, 1, 12)) FROM (
      SELECT m.account_id, sum(m.amount)::HUGEINT AS twelve FROM moved m JOIN root r ON r.account_id = m.account_id AND r.day = e.day AND r.root_id = e.root_id
      WHERE m.family = e.family AND m.day >= e.month - INTERVAL 12 MONTH AND m.day < e.month GROUP BY m.account_id)), 0)
    ELSE coalesce((SELECT sum(b.amount) FROM brought b JOIN root r ON r.account_id = b.account_id AND r.day = e.day AND r.root_id = e.root_id
      WHERE b.fy = e.fy AND ('$by' = 'customer' OR b.family = e.family)), 0) END AS raw_base,
  coalesce((SELECT sum(x.amount) FROM line x JOIN root r ON r.account_id = x.account_id AND r.day = e.day WHERE NOT x.is_new AND x.place < e.place
    AND CASE WHEN e.key IS NOT NULL THEN x.key = e.key ELSE x.key IS NULL AND r.root_id = e.root_id AND ('$by' = 'customer' OR x.family = e.family)
      AND CASE WHEN '$base' = 'trailing_twelve_months' THEN x.month = e.month ELSE x.fy = e.fy END END), 0)::HUGEINT AS before
FROM line e WHERE NOT e.is_new;
CREATE TABLE part AS
SELECT order_line_id, order_id, place, 1 AS nth, 'new_business' AS motion, CASE WHEN number = 1 THEN 'new_logo' ELSE 'win_back' END AS sub_motion, amount FROM line WHERE is_new
UNION ALL SELECT order_line_id, order_id, place, 1, 'retention', CASE WHEN key IS NULL THEN 'repeat' ELSE 'renewal' END, kept FROM (
  SELECT *, least(before + amount, greatest(raw_base, 0)) - least(before, greatest(raw_base, 0)) AS kept FROM existing) WHERE kept <> 0
UNION ALL SELECT order_line_id, order_id, place, 2, 'growth', CASE WHEN greatest(raw_base, 0) = 0 THEN 'cross_sell' ELSE 'upsell' END, grown FROM (
  SELECT *, amount - (least(before + amount, greatest(raw_base, 0)) - least(before, greatest(raw_base, 0))) AS grown FROM existing) WHERE grown <> 0;

-- rule 6: who looks after whom on each day
CREATE TABLE carer AS SELECT account_id, day, role, payee_id, CAST(coalesce(share, 100) * 1000000 AS HUGEINT) AS ppm FROM (
  SELECT a.account_id, a.day, s.role, s.payee_id, s.share, rank() OVER (PARTITION BY a.account_id, a.day, s.role ORDER BY a.steps, coalesce(s.priority, 2147483647)) AS best
  FROM above a JOIN assignments s ON s.account_id = a.above_id AND s.valid_from <= a.day AND a.day < coalesce(s.valid_to, far())
  JOIN payees p ON p.payee_id = s.payee_id AND a.day <= coalesce(p.termination_date, far())) WHERE best = 1;

-- hand-over: since when, by the rule of the policy
CREATE TABLE dated_tier AS SELECT account_id, tier, valid_from, lead(valid_from, 1, far()) OVER (PARTITION BY account_id ORDER BY valid_from) AS valid_to FROM account_tiers;
CREATE TABLE held AS
  SELECT DISTINCT account_id, day FROM carer WHERE role = 'account_manager' AND '$when' = 'assigned'
  UNION ALL SELECT DISTINCT a.account_id, a.day FROM above a JOIN accounts k ON k.account_id = a.above_id
    LEFT JOIN dated_tier t ON t.account_id = a.above_id AND t.valid_from <= a.day AND a.day < t.valid_to
    WHERE '$when' = 'key_account' AND CASE WHEN a.above_id IN (SELECT account_id FROM account_tiers) THEN t.tier ELSE k.segment END = 'key';
CREATE TABLE since AS SELECT account_id, day, min(day) OVER (PARTITION BY account_id, run) AS began FROM (
  SELECT *, day - (row_number() OVER (PARTITION BY account_id ORDER BY day))::INT AS run FROM held);
CREATE TABLE handed AS SELECT DISTINCT s.order_id, s.account_id, s.day, CASE '$when'
    WHEN 'after_months' THEN (r.began + to_months($months))::DATE WHEN 'date' THEN DATE '$date'
    WHEN 'first_renewal' THEN (SELECT min(n.start_date) FROM renewal n JOIN term t USING (agreement_id) JOIN root x ON x.account_id = t.account_id AND x.day = n.start_date WHERE x.root_id = s.root_id)
    ELSE (SELECT q.began FROM since q WHERE q.account_id = s.account_id AND q.day = s.day) END AS begins
  FROM sale s JOIN relationship r USING (order_id);
CREATE TABLE transition AS SELECT *, CASE
    WHEN begins IS NULL OR day < begins THEN 100000000::HUGEINT
    WHEN '$falls' = 'by_day' AND day < begins + to_months(5) THEN share_of(100000000, (begins + to_months(5))::DATE - day, (begins + to_months(5))::DATE - begins)
    WHEN '$falls' = 'in_steps' AND day < begins + to_months(4) THEN 66670000 WHEN '$falls' = 'in_steps' AND day < begins + to_months(7) THEN 33330000 ELSE 0 END AS kept
  FROM handed;

-- who gets what part of an order: in hundred-millionths, by which way
CREATE TABLE way AS SELECT o.*, coalesce(y.role = 'sales_rep' AND o.day <= coalesce(y.termination_date, far()), false) AS has_taker,
    EXISTS (SELECT 1 FROM carer c WHERE c.account_id = o.account_id AND c.day = o.day AND c.role = 'sales_rep') AS has_representative,
    EXISTS (SELECT 1 FROM carer c WHERE c.account_id = o.account_id AND c.day = o.day AND c.role = 'account_manager') AS has_manager
  FROM (SELECT DISTINCT l.order_id, l.account_id, l.day, l.sales_rep_id, l.is_new, t.kept FROM line l JOIN transition t USING (order_id)) o
  LEFT JOIN payees y ON y.payee_id = o.sales_rep_id;
CREATE TABLE portion AS
SELECT *, CASE WHEN has_taker THEN 'order_representative' WHEN has_representative THEN 'account_representative' WHEN NOT is_new AND has_manager THEN 'account_manager' ELSE 'house' END AS rule,
  CASE WHEN is_new OR NOT has_manager THEN 100000000 WHEN NOT has_taker AND NOT has_representative AND kept < 100000000 THEN 0 ELSE kept END::HUGEINT AS portion FROM way
UNION ALL SELECT *, 'account_manager', CASE WHEN is_new OR NOT has_manager THEN 0 WHEN NOT has_taker AND NOT has_representative AND kept < 100000000 THEN 100000000 ELSE 100000000 - kept END FROM way;
CREATE TABLE share AS SELECT order_id, named, payee_id, rule, units, (sum(units) OVER (PARTITION BY order_id ORDER BY named NULLS LAST, payee_id, rule, units ROWS UNBOUNDED PRECEDING))::HUGEINT AS upto FROM (
  SELECT order_id, sales_rep_id AS named, sales_rep_id AS payee_id, rule, portion * 100000000 AS units FROM portion WHERE rule = 'order_representative' AND portion > 0
  UNION ALL SELECT order_id, NULL, 'HOUSE', rule, portion * 100000000 FROM portion WHERE rule = 'house' AND portion > 0
  UNION ALL SELECT p.order_id, c.payee_id, c.payee_id, p.rule, p.portion * c.ppm FROM portion p JOIN carer c ON c.account_id = p.account_id AND c.day = p.day
    AND c.role = CASE p.rule WHEN 'account_manager' THEN 'account_manager' ELSE 'sales_rep' END WHERE p.rule IN ('account_manager', 'account_representative') AND p.portion > 0
  UNION ALL SELECT p.order_id, NULL, 'HOUSE', 'house', p.portion * (100000000 - sum(c.ppm)) FROM portion p JOIN carer c ON c.account_id = p.account_id AND c.day = p.day
    AND c.role = CASE p.rule WHEN 'account_manager' THEN 'account_manager' ELSE 'sales_rep' END WHERE p.rule IN ('account_manager', 'account_representative') AND p.portion > 0
    GROUP BY p.order_id, p.rule, p.portion HAVING sum(c.ppm) < 100000000);

-- rule 7
CREATE TABLE credit0 AS SELECT p.order_line_id, p.nth, p.motion, p.sub_motion, s.payee_id, s.rule, s.upto,
  share_of(p.amount, s.upto, 10000000000000000) - share_of(p.amount, s.upto - s.units, 10000000000000000) AS amount FROM part p JOIN share s USING (order_id);
CREATE TABLE running AS SELECT *, (sum(amount) OVER (PARTITION BY order_line_id ORDER BY nth, upto ROWS UNBOUNDED PRECEDING))::HUGEINT AS reached FROM credit0;
CREATE TABLE credit AS
SELECT order_line_id, NULL AS return_id, motion, sub_motion, payee_id, rule, amount FROM credit0
UNION ALL SELECT r.order_line_id, b.return_id, motion, sub_motion, payee_id, rule,
    (share_of(b.reversed_before, reached, b.amount) - share_of(b.reversed_before, reached - r.amount, b.amount))
  - (share_of(b.reversed_to_date, reached, b.amount) - share_of(b.reversed_to_date, reached - r.amount, b.amount)) FROM back b JOIN running r USING (order_line_id);

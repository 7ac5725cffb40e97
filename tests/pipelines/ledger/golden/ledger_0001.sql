BEGIN TRANSACTION;
CREATE TABLE adjustments (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	period TEXT NOT NULL, 
	payee_id TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	minor_digits SMALLINT NOT NULL, 
	"plan" TEXT NOT NULL, 
	component TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	order_line_id TEXT, 
	counts_to_quota SMALLINT NOT NULL, 
	document TEXT, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference)
);
INSERT INTO "adjustments" VALUES(1,'ADJ-1','2026-P02','E-1','EUR',25000,2,'sales','award','helped to win a deal',NULL,0,NULL,'ann','2026-03-01T12:06:00.000000+00:00');
CREATE TABLE answers (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	dispute TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	text TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference), 
	FOREIGN KEY(dispute) REFERENCES disputes (reference)
);
INSERT INTO "answers" VALUES(1,'ANS-1','DIS-1','rejected','the opportunity had another owner','bob','2026-03-01T12:11:00.000000+00:00');
CREATE TABLE approvals (
	number INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	role TEXT NOT NULL, 
	by_payee TEXT, 
	document TEXT, 
	note TEXT, 
	reference TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference)
);
INSERT INTO "approvals" VALUES(1,'period','2026-P01','3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','reviewer',NULL,NULL,NULL,'period/2026-P01/3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42/reviewer/bob','bob','2026-03-01T12:03:00.000000+00:00');
INSERT INTO "approvals" VALUES(2,'period','2026-P01','3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','approver',NULL,NULL,NULL,'period/2026-P01/3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42/approver/cyd','cyd','2026-03-01T12:04:00.000000+00:00');
INSERT INTO "approvals" VALUES(3,'adjustment','ADJ-1','2e49afd867a8c73fa37648b4faf1cf9af72b180cf9042f6c6d2ee09759943838','approver',NULL,NULL,NULL,'adjustment/ADJ-1/2e49afd867a8c73fa37648b4faf1cf9af72b180cf9042f6c6d2ee09759943838/approver/bob','bob','2026-03-01T12:07:00.000000+00:00');
CREATE TABLE chain (
	sequence INTEGER NOT NULL, 
	table_name TEXT NOT NULL, 
	row_key BIGINT NOT NULL, 
	row_hash TEXT NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (sequence)
);
INSERT INTO "chain" VALUES(1,'ledger',1,'4b36da1a3d0923bf24d2383f68340c120ec7a5d006d43aa04ebcb3837de2f0b1','0000000000000000000000000000000000000000000000000000000000000000','cf1c044ca11a8f0574119ea3f90775ae91c3589f5229d4c1bd029822b025f829','2026-03-01T12:01:00.000000+00:00');
INSERT INTO "chain" VALUES(2,'period_events',1,'72d3fbf4e1c7de3b15fa1a2b6a2b93cd08070d4d318d39e67b72b4916587e454','cf1c044ca11a8f0574119ea3f90775ae91c3589f5229d4c1bd029822b025f829','20159146c6fb7f3f4a1b4fc4c88ce0a3f62ffe9e62f1339dc5e86eac48bc3c22','2026-03-01T12:02:00.000000+00:00');
INSERT INTO "chain" VALUES(3,'approvals',1,'a485ebfd34c2360fea91c82b8d10e302861eb827fff89a33ee33a0eef031612b','20159146c6fb7f3f4a1b4fc4c88ce0a3f62ffe9e62f1339dc5e86eac48bc3c22','6438006d926fd0994b792b195f86435505f8c259dc8d0da1494ddb3599b60464','2026-03-01T12:03:00.000000+00:00');
INSERT INTO "chain" VALUES(4,'period_events',2,'0f9d162d34f9d39ef50ffb39433a68b864f607ebdb5cb7e3e18233d6c58f84b3','6438006d926fd0994b792b195f86435505f8c259dc8d0da1494ddb3599b60464','07c5dae4a4a4b5c78a7dd2a0783856dbd9e5a828a3ad628eef77c67ba9daa543','2026-03-01T12:03:00.000000+00:00');
INSERT INTO "chain" VALUES(5,'approvals',2,'d13d1f9b61fe9e638cde50bbb9de809ba1fab31dcb1377ac3ca8be24a3de7ec4','07c5dae4a4a4b5c78a7dd2a0783856dbd9e5a828a3ad628eef77c67ba9daa543','2263b98c85466c348e22ded5913f4d1ce530aade9eff18aa2f8fe75561495843','2026-03-01T12:04:00.000000+00:00');
INSERT INTO "chain" VALUES(6,'period_events',3,'465ba630afd992f63ecf05c5e3274c011da53c7e8ea3c08729f1581a2d92ef27','2263b98c85466c348e22ded5913f4d1ce530aade9eff18aa2f8fe75561495843','89c7b605e6499f9de90c9ba74d28fbeb6d762e65f4c8957f3e279e4cecf3b012','2026-03-01T12:04:00.000000+00:00');
INSERT INTO "chain" VALUES(7,'period_events',4,'f6b766d043e845a07530d5c2c48d9274b2dbedee562c82edabc15521971f57cb','89c7b605e6499f9de90c9ba74d28fbeb6d762e65f4c8957f3e279e4cecf3b012','99287fb161c3cb9d4fed753f3e832ee0cb0c02edf3230eb26e3d56ecbee97952','2026-03-01T12:05:00.000000+00:00');
INSERT INTO "chain" VALUES(8,'postings',1,'955d12470eb37c651e2d7d84e2a750f7639f63d90c84187e7b898fab799de8ac','99287fb161c3cb9d4fed753f3e832ee0cb0c02edf3230eb26e3d56ecbee97952','5c2418ff362cb6e3265c63f120df8c44abfb7f13daec483a944096a5a7220004','2026-03-01T12:05:00.000000+00:00');
INSERT INTO "chain" VALUES(9,'postings',2,'a6c66904e87cb8ea50f9546870988025cf01e0e1c4fc60cde67224e5a08f3df9','5c2418ff362cb6e3265c63f120df8c44abfb7f13daec483a944096a5a7220004','2116c21c9aed999bd37d67eafb6bea9a12929a2807a19185f613a7b7844e70e7','2026-03-01T12:05:00.000000+00:00');
INSERT INTO "chain" VALUES(10,'postings',3,'3948ce52aeb410bf30464517339d1c25dde9328e7ccde2f54125cd60bff9f86a','2116c21c9aed999bd37d67eafb6bea9a12929a2807a19185f613a7b7844e70e7','86897e07cfb5135fb25e980a6544a09e78d5b723a857a3ffd9f0dad0f17c008f','2026-03-01T12:05:00.000000+00:00');
INSERT INTO "chain" VALUES(11,'adjustments',1,'2b1f5411022bd7840397081b5bc1286d5927f97ddc6026fb7850d3d7acc0d822','86897e07cfb5135fb25e980a6544a09e78d5b723a857a3ffd9f0dad0f17c008f','8b82bc36f15ce42114cf96a56d25f7d50973b53a7f3fdfbeba87f7515391e196','2026-03-01T12:06:00.000000+00:00');
INSERT INTO "chain" VALUES(12,'approvals',3,'abd8f68cc58a9d0c68f788ced7146d472c9f8973fa3763cf4bfc18a5f2f86fd3','8b82bc36f15ce42114cf96a56d25f7d50973b53a7f3fdfbeba87f7515391e196','b2daf563b0116dfb8862d0f0acd18a1ca3690106cbe575afa29fea6d4bc35093','2026-03-01T12:07:00.000000+00:00');
INSERT INTO "chain" VALUES(13,'holds',1,'585bb54e7050dfd4ea8db041d0a997d1eeaf817b5380300829b8352d039a0059','b2daf563b0116dfb8862d0f0acd18a1ca3690106cbe575afa29fea6d4bc35093','edc6c318f97199c2157ffeb67e0a6022cd15665145c584014b6712e53d109f31','2026-03-01T12:08:00.000000+00:00');
INSERT INTO "chain" VALUES(14,'releases',1,'50b9c1d39871ce5b69d5fccb123535b9f2d56604ad166adc741d013f0b7726fd','edc6c318f97199c2157ffeb67e0a6022cd15665145c584014b6712e53d109f31','59609db6f8e39efbc3c8fec8f8e986f7bfdc6a0e4bbeb35906a126cdea3d1da9','2026-03-01T12:09:00.000000+00:00');
INSERT INTO "chain" VALUES(15,'disputes',1,'fe0538255a959537fe9ddb1a0865b808e8f1c4b972961f0c8cf6aeb5223df083','59609db6f8e39efbc3c8fec8f8e986f7bfdc6a0e4bbeb35906a126cdea3d1da9','e432446b043265f8f353f7472536c8678ba493e4fc3150d144b7b85932b239a9','2026-03-01T12:10:00.000000+00:00');
INSERT INTO "chain" VALUES(16,'answers',1,'687982d840102aefbe94fc495279145dca03a691546ed0ac6f89e5bf824b9e54','e432446b043265f8f353f7472536c8678ba493e4fc3150d144b7b85932b239a9','129b47dd1e51ac75d0660614e19d4e112b7ce3560dd1dc9aec1c25394972de86','2026-03-01T12:11:00.000000+00:00');
INSERT INTO "chain" VALUES(17,'decisions',1,'de55adb8ef4fe797b2899e1fba60b8c7a171ae0cc73c6a5beca62c6cf80ae792','129b47dd1e51ac75d0660614e19d4e112b7ce3560dd1dc9aec1c25394972de86','64de5ec4739e56d6c947bc50e6b24450f9a6928a26a889fa3f7fe3f53a1bb205','2026-03-01T12:12:00.000000+00:00');
CREATE TABLE decisions (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	period TEXT NOT NULL, 
	finding TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference)
);
INSERT INTO "decisions" VALUES(1,'DEC-1','2026-P02','quota missing','accepted','new hire','dan','2026-03-01T12:12:00.000000+00:00');
CREATE TABLE disputes (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	period TEXT NOT NULL, 
	payee_id TEXT NOT NULL, 
	figure TEXT NOT NULL, 
	order_line_id TEXT, 
	claim TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference)
);
INSERT INTO "disputes" VALUES(1,'DIS-1','2026-P01','E-1','component_earned',NULL,'line 2 was mine','eve','2026-03-01T12:10:00.000000+00:00');
CREATE TABLE holds (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	period TEXT NOT NULL, 
	payee_id TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	amount_minor BIGINT, 
	minor_digits SMALLINT NOT NULL, 
	"plan" TEXT, 
	component TEXT, 
	order_line_id TEXT, 
	reason TEXT NOT NULL, 
	release_on TEXT, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference)
);
INSERT INTO "holds" VALUES(1,'HOLD-1','2026-P02','E-1','EUR',10000,2,NULL,NULL,NULL,'invoice unpaid',NULL,'ann','2026-03-01T12:08:00.000000+00:00');
CREATE TABLE ledger (
	number INTEGER NOT NULL, 
	ledger_id TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (ledger_id)
);
INSERT INTO "ledger" VALUES(1,'5f00bb35-f1db-4740-80a1-c247403528df','creditdue','2026-03-01T12:01:00.000000+00:00');
CREATE TABLE ledger_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT ledger_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "ledger_version" VALUES('0001');
CREATE TABLE period_events (
	number INTEGER NOT NULL, 
	period TEXT NOT NULL, 
	state TEXT NOT NULL, 
	by_payee TEXT, 
	content_hash TEXT NOT NULL, 
	calculation_id TEXT NOT NULL, 
	snapshot_id TEXT NOT NULL, 
	plan_set_hash TEXT NOT NULL, 
	seal TEXT, 
	document TEXT, 
	note TEXT, 
	closed_once TEXT, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (closed_once)
);
INSERT INTO "period_events" VALUES(1,'2026-P01','calculated',NULL,'3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','calculation-1','snapshot-1','plans-1',NULL,NULL,NULL,NULL,'ann','2026-03-01T12:02:00.000000+00:00');
INSERT INTO "period_events" VALUES(2,'2026-P01','in_review',NULL,'3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','calculation-1','snapshot-1','plans-1',NULL,NULL,NULL,NULL,'bob','2026-03-01T12:03:00.000000+00:00');
INSERT INTO "period_events" VALUES(3,'2026-P01','approved',NULL,'3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','calculation-1','snapshot-1','plans-1',NULL,NULL,NULL,NULL,'cyd','2026-03-01T12:04:00.000000+00:00');
INSERT INTO "period_events" VALUES(4,'2026-P01','closed',NULL,'3d9bc05fcb16b17ba8f3a5238ad73b59594d6d61a40aff99a327900e2462ba42','calculation-1','snapshot-1','plans-1','5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1',NULL,NULL,'2026-P01','dan','2026-03-01T12:05:00.000000+00:00');
CREATE TABLE postings (
	posting_number INTEGER NOT NULL, 
	event_number INTEGER NOT NULL, 
	posting_period TEXT NOT NULL, 
	payee_id TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	"plan" TEXT NOT NULL, 
	component TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	earning_period TEXT NOT NULL, 
	order_line_id TEXT, 
	return_id TEXT, 
	credit_number SMALLINT, 
	amount_minor BIGINT NOT NULL, 
	minor_digits SMALLINT NOT NULL, 
	cause TEXT NOT NULL, 
	basis TEXT, 
	line_once TEXT NOT NULL, 
	PRIMARY KEY (posting_number), 
	FOREIGN KEY(event_number) REFERENCES period_events (number), 
	UNIQUE (line_once)
);
INSERT INTO "postings" VALUES(1,4,'2026-P01','E-1','EUR','sales','commission','earning','2026-P01','line-1',NULL,1,1050,2,'new order','{"credited": "100.00"}','66728b5e4ba273de57a3cbdddb7f540019c45e58fa6c8e3cddf088e31078d708');
INSERT INTO "postings" VALUES(2,4,'2026-P01','E-1','EUR','sales','commission','earning','2026-P01','line-2',NULL,1,-325,2,'new order','{"credited": "100.00"}','d09de07f87faece3cad2908a9e31b3831306ce9cca0db6d515fd617f2225f37c');
INSERT INTO "postings" VALUES(3,4,'2026-P01','E-1','EUR','sales','commission','earning','2026-P01','line-3',NULL,1,700,2,'new order','{"credited": "100.00"}','599a3aab35566600d5bbe078dc596175680b79ce845afa8603b7d0b06497c0dc');
CREATE TABLE releases (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	hold TEXT NOT NULL, 
	period TEXT NOT NULL, 
	amount_minor BIGINT, 
	minor_digits SMALLINT NOT NULL, 
	reason TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference), 
	FOREIGN KEY(hold) REFERENCES holds (reference)
);
INSERT INTO "releases" VALUES(1,'REL-1','HOLD-1','2026-P02',4000,2,'invoice paid','ann','2026-03-01T12:09:00.000000+00:00');
CREATE TRIGGER ledger_keeps_rows BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER ledger_keeps_all BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER ledger_is_not_replaced BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'ledger is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER period_events_keeps_rows BEFORE UPDATE ON period_events BEGIN SELECT RAISE(ABORT, 'period_events is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER period_events_keeps_all BEFORE DELETE ON period_events BEGIN SELECT RAISE(ABORT, 'period_events is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER period_events_is_not_replaced BEFORE INSERT ON period_events WHEN EXISTS (SELECT 1 FROM period_events WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'period_events is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE INDEX ix_postings_event_number ON postings (event_number);
CREATE INDEX ix_postings_posting_period ON postings (posting_period);
CREATE TRIGGER postings_keeps_rows BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER postings_keeps_all BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER postings_is_not_replaced BEFORE INSERT ON postings WHEN EXISTS (SELECT 1 FROM postings WHERE posting_number = NEW.posting_number) BEGIN SELECT RAISE(ABORT, 'postings is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER approvals_keeps_rows BEFORE UPDATE ON approvals BEGIN SELECT RAISE(ABORT, 'approvals is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER approvals_keeps_all BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, 'approvals is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER approvals_is_not_replaced BEFORE INSERT ON approvals WHEN EXISTS (SELECT 1 FROM approvals WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'approvals is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER adjustments_keeps_rows BEFORE UPDATE ON adjustments BEGIN SELECT RAISE(ABORT, 'adjustments is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER adjustments_keeps_all BEFORE DELETE ON adjustments BEGIN SELECT RAISE(ABORT, 'adjustments is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER adjustments_is_not_replaced BEFORE INSERT ON adjustments WHEN EXISTS (SELECT 1 FROM adjustments WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'adjustments is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER holds_keeps_rows BEFORE UPDATE ON holds BEGIN SELECT RAISE(ABORT, 'holds is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER holds_keeps_all BEFORE DELETE ON holds BEGIN SELECT RAISE(ABORT, 'holds is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER holds_is_not_replaced BEFORE INSERT ON holds WHEN EXISTS (SELECT 1 FROM holds WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'holds is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE INDEX ix_releases_hold ON releases (hold);
CREATE TRIGGER releases_keeps_rows BEFORE UPDATE ON releases BEGIN SELECT RAISE(ABORT, 'releases is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER releases_keeps_all BEFORE DELETE ON releases BEGIN SELECT RAISE(ABORT, 'releases is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER releases_is_not_replaced BEFORE INSERT ON releases WHEN EXISTS (SELECT 1 FROM releases WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'releases is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER disputes_keeps_rows BEFORE UPDATE ON disputes BEGIN SELECT RAISE(ABORT, 'disputes is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER disputes_keeps_all BEFORE DELETE ON disputes BEGIN SELECT RAISE(ABORT, 'disputes is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER disputes_is_not_replaced BEFORE INSERT ON disputes WHEN EXISTS (SELECT 1 FROM disputes WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'disputes is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE INDEX ix_answers_dispute ON answers (dispute);
CREATE TRIGGER answers_keeps_rows BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER answers_keeps_all BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER answers_is_not_replaced BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM answers WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'answers is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER decisions_keeps_rows BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER decisions_keeps_all BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER decisions_is_not_replaced BEFORE INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'decisions is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER chain_keeps_rows BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'chain is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER chain_keeps_all BEFORE DELETE ON chain BEGIN SELECT RAISE(ABORT, 'chain is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
CREATE TRIGGER chain_is_not_replaced BEFORE INSERT ON chain WHEN EXISTS (SELECT 1 FROM chain WHERE sequence = NEW.sequence) BEGIN SELECT RAISE(ABORT, 'chain is append-only: nothing in the ledger is changed or deleted. Record a correction, an adjustment or an answer instead.'); END;
COMMIT;

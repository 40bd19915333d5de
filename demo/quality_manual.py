"""The text of the demo's quality manual: chapters of paragraphs, subheadings ("# …"), numbered lists and tables."""

# A block is a paragraph, a list of steps, or a list of rows whose first row is the header.
Block = str | list[str] | list[list[str]]
SECTIONS: tuple[tuple[str, list[Block]], ...] = (
    (
        "Purpose and scope",
        [
            "This manual describes how Larkspur Instruments designs, makes, calibrates and services laboratory balances. It "
            "applies to both sites, Leeds and Suzhou, and to suppliers where a contract says so. The management system is "
            "certified to ISO 9001; the calibration laboratories are accredited to ISO/IEC 17025.",
            "The quality policy is one sentence: a weighing that leaves one of our balances can be trusted, and we can show why.",
            "# Responsibilities",
            "The Quality Manager may stop a shipment at any time, and only the Managing Director may overrule that decision, in "
            "writing. Every employee may stop a production line when a safety or quality fault is suspected; nobody needs "
            "permission for it.",
            [
                ["Role", "Responsible for", "Deputy"],
                ["Quality Manager (Priscilla Adeyemi)", "this manual, audits, release of products", "Ruth Sutcliffe"],
                ["Head of Production, Leeds (Ian Marsden)", "assembly, test equipment, training of assemblers", "Jo Pickering"],
                ["Plant Manager, Suzhou (Shen Weiming)", "production and calibration in Suzhou", "Xu Lan"],
                ["Head of Service (Oliver Brandt)", "repairs, returns, field calibration", "Amina Yusuf"],
            ],
        ],
    ),
    (
        "Documents and records",
        [
            "A controlled document carries a number, an issue and an owner. It is reviewed at least every two years. The issue in "
            "the document store is the one in force; a printed copy is uncontrolled from the moment it leaves the printer.",
            "A change is proposed by anyone, written by the owner, and approved by the Quality Manager and one person who works "
            "with the document. Staff concerned are told at least five working days before a change takes effect.",
            "# How long records are kept",
            [
                ["Record", "Kept for", "Where"],
                ["Calibration certificates and raw data", "10 years", "document store, class Internal"],
                ["Production test records", "15 years", "production database"],
                ["Supplier assessments", "7 years", "purchasing system"],
                ["Complaints and investigations", "10 years after closing", "service desk"],
                ["Training records", "5 years after the person has left", "People portal"],
            ],
            "Records are destroyed only with the consent of the owner, and never while a complaint or a legal matter is open.",
        ],
    ),
    (
        "Design and development",
        [
            "A new product passes four gates: concept, design, pilot and release. At each gate a review is held with Production, "
            "Service and Quality; the project leader writes the minutes and the open points with a date.",
            "The pilot run consists of at least 20 balances, of which ten are tested in climate chambers from 5 °C to 40 °C and "
            "three are run to the end of their life. A product is not released while a fault of class A is open.",
            "# Classes of faults",
            [
                ["Class", "Meaning", "Consequence"],
                ["A", "danger to people, or a wrong weighing without warning", "stop shipment at once"],
                ["B", "a function fails, with a visible warning", "correct before the next lot"],
                ["C", "appearance, packaging, documents", "correct within three months"],
            ],
        ],
    ),
    (
        "Purchasing",
        [
            "Parts that influence the weighing are bought only from approved suppliers. Approval needs an audit on site, a first "
            "sample and three lots without a fault of class A or B. Approval lapses when nothing was ordered for 24 months.",
            "Suppliers are rated every quarter by quality (50%), delivery (30%) and response to complaints (20%). A supplier that "
            "falls below 75 points in two quarters in a row receives no new orders until an improvement plan is agreed.",
            "# Incoming inspection",
            "Load cells and calibration weights are inspected piece by piece. Other parts are sampled: 13 pieces from a lot of up "
            "to 150, 32 pieces from a lot of up to 500. One fault of class A rejects the whole lot.",
        ],
    ),
    (
        "Production and final test",
        [
            "Each balance has a traveller, an electronic record that follows it through every station. A station can be started "
            "only when the one before is complete and the assembler's qualification is in date.",
            "# Final test",
            "The final test is done after the balance has been switched on for at least four hours, at 20 °C to 24 °C. The test "
            "person must not be the one who assembled the balance.",
            [
                ["Test", "LX-120", "LX-220", "LX-320"],
                ["Repeatability, 10 weighings", "0.02 mg or less", "0.08 mg or less", "0.10 mg or less"],
                ["Eccentricity at half capacity", "0.05 mg or less", "0.2 mg or less", "0.3 mg or less"],
                ["Linearity, 5 points", "within 0.05 mg", "within 0.2 mg", "within 0.3 mg"],
                ["Drift in 30 minutes", "0.03 mg or less", "0.1 mg or less", "0.1 mg or less"],
                ["Insulation at 500 V", "2 megohm or more", "2 megohm or more", "2 megohm or more"],
            ],
            "A balance that fails is marked with a red tag and moved to the blocked area within the shift. It may be reworked "
            "twice; after a third failure it is taken apart and its load cell is scrapped.",
        ],
    ),
    (
        "Calibration",
        [
            "Reference weights of class E2 are calibrated every 24 months by the national laboratory, working weights of class F1 "
            "every 12 months by our own. A weight that has been dropped is withdrawn at once, whatever it looks like.",
            "The calibration laboratory is kept at 21 °C with a tolerance of 0.5 °C, and at a relative humidity of 40% to 60%. "
            "Balances stand in the laboratory for at least 12 hours before they are calibrated.",
            "# Procedure",
            [
                "Check the level and the warm-up time, and note temperature, humidity and air pressure.",
                "Exercise the balance three times with a load near its capacity.",
                "Weigh each of the five test loads three times, rising and falling.",
                "Enter the readings in the calibration software; do not round them.",
                "Have the certificate approved by a second qualified person on the same or the next working day.",
            ],
            "A certificate is issued within five working days of the calibration. It states the results and their uncertainty, and "
            "says that a specification is met only if the result together with its uncertainty lies within the limits.",
        ],
    ),
    (
        "Complaints and corrective action",
        [
            "Every complaint is acknowledged within one working day. If a wrong weighing is possible, Quality decides within two "
            "working days whether other customers are concerned and must be warned.",
            "# Corrective action",
            "A corrective action report follows eight steps. The containment is in place within 48 hours, the cause is found "
            "within "
            "ten working days, and the action is proven effective after three months. The report is closed by the Quality Manager.",
            "# Recall",
            "A recall is decided by the Managing Director on the proposal of the Quality Manager. All customers concerned "
            "are informed "
            "within three working days. A recall is rehearsed once a year; the goal is to trace 95% of a lot within four hours.",
        ],
    ),
    (
        "Audits and improvement",
        [
            "Every process is audited at least once a year by someone who does not work in it. Auditors have passed a course "
            "of two "
            "days and have accompanied three audits. Findings are answered within 15 working days.",
            "Management reviews the system each February and August: goals, audits, complaints, suppliers, training and risks.",
            "# Goals for 2026",
            [
                ["Goal", "2025", "2026"],
                ["Balances passing the final test at the first attempt", "96.1%", "97.5%"],
                ["Complaints per 1,000 balances delivered", "4.2", "3.5"],
                ["Calibration certificates issued in time", "93%", "98%"],
                ["Corrective actions closed in time", "81%", "90%"],
            ],
        ],
    ),
)

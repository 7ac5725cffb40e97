"""What Dagster loads: one company, its exports and its store, as the environment names them."""

import dagster as dg

from pipelines.company_folder import CompanyFolder, load_company
from pipelines.defs.accounts import account_year
from pipelines.defs.attribution import attribution
from pipelines.defs.automation import NIGHTLY, VERIFY, exports_sensor, failure_sensor, nightly_schedule, periods_sensor
from pipelines.defs.checks import CHECKS
from pipelines.defs.delta_io import published_calculation, tables_of_the_store
from pipelines.defs.night import night_resource
from pipelines.defs.payout import payout
from pipelines.defs.received import export_specs, intake_asset
from pipelines.defs.settings import Settings
from pipelines.defs.settlement import settlement
from pipelines.defs.settlement_checks import SETTLEMENT_CHECKS
from pipelines.defs.statements import statement_workbooks
from pipelines.defs.stating import calculation, finding, stating
from pipelines.store import require_checks_on


def definitions_of(settings: Settings, folder: CompanyFolder | None = None) -> dg.Definitions:
    """Assets, checks, job, schedule and sensors of one company.

    Raises:
        RuleFileError: the company's files cannot be used; one line per fault.
        UnsafeEnvironment: a switch in the environment disables checks.
    """
    require_checks_on()
    company = folder or load_company(settings.company)
    return dg.Definitions(
        assets=[
            *export_specs(company), intake_asset(company), attribution, account_year, payout, settlement, stating, finding, calculation,
            statement_workbooks,
        ],
        asset_checks=[*CHECKS, *SETTLEMENT_CHECKS],
        jobs=[NIGHTLY, VERIFY],
        schedules=[nightly_schedule(settings, company)],
        sensors=[exports_sensor(settings, company), periods_sensor(settings, company), failure_sensor(settings)],
        resources={
            "settings": dg.ResourceDefinition.hardcoded_resource(settings, "Company, exports, store and day of this code location."),
            "night": night_resource,
            "tables_of_the_store": tables_of_the_store,
            "published_calculation": published_calculation,
        },
        executor=dg.in_process_executor,
        metadata={"company": company.company.company, "store": str(settings.store.root)},
    )  # fmt: skip


@dg.definitions
def defs() -> dg.Definitions:
    """The company that ``CREDITDUE_COMPANY``, ``CREDITDUE_EXPORTS`` and ``CREDITDUE_STORE`` name; the demo where none do."""
    return definitions_of(Settings.from_environment())

"""How many decimals a currency has."""

_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


def minor_unit_digits(currency: str) -> int:
    """Decimals of the minor unit: JPY 0, USD 2, KWD 3; two for every code not listed.

    Source: ISO 4217, list one. CLF and UYW, units of account with four decimals, do not occur in orders.
    """
    return _DIGITS.get(currency, 2)

"""Semantic types and their units: what `"@type": ["Property", "Temperature"], "unit": "degreeCelsius"` can name.

Version 2 of the language has them built in; version 3 takes them from its extension `quantitativeTypes`, which has
some more. The names are those of the language's specifications.
"""

from __future__ import annotations

from functools import cache

_BINARY = ("kibi", "mebi", "gibi", "tebi", "exbi", "zebi", "yobi")
_SIZES = ["bit", "byte", *(prefix + unit for prefix in _BINARY for unit in ("bit", "byte"))]

_UNITS = {
    "Acceleration": "metrePerSecondSquared centimetrePerSecondSquared gForce",
    "Angle": "radian degreeOfArc minuteOfArc secondOfArc turn",
    "AngularAcceleration": "radianPerSecondSquared",
    "AngularVelocity": "radianPerSecond degreePerSecond revolutionPerSecond revolutionPerMinute",
    "Area": "squareMetre squareCentimetre squareMillimetre squareKilometre hectare squareFoot squareInch acre",
    "Capacitance": "farad millifarad microfarad nanofarad picofarad",
    "Charge": "coulomb",
    "Current": "ampere microampere milliampere",
    "DataRate": " ".join(f"{size}PerSecond" for size in _SIZES),
    "DataSize": " ".join(_SIZES),
    "Density": "kilogramPerCubicMetre gramPerCubicMetre",
    "Energy": "joule kilojoule megajoule gigajoule electronvolt megaelectronvolt kilowattHour",
    "Force": "newton pound ounce ton",
    "Frequency": "hertz kilohertz megahertz gigahertz",
    "Illuminance": "lux footcandle",
    "Inductance": "henry millihenry microhenry",
    "Length": "metre centimetre millimetre micrometre nanometre kilometre foot inch mile nauticalMile astronomicalUnit",
    "Luminance": "candelaPerSquareMetre",
    "LuminousFlux": "lumen",
    "LuminousIntensity": "candela",
    "MagneticFlux": "weber maxwell",
    "MagneticInduction": "tesla",
    "Mass": "kilogram gram milligram microgram tonne slug",
    "MassFlowRate": "gramPerSecond kilogramPerSecond gramPerHour kilogramPerHour",
    "Power": "watt microwatt milliwatt kilowatt megawatt gigawatt horsepower kilowattHourPerYear",
    "Pressure": "pascal kilopascal bar millibar millimetresOfMercury poundPerSquareInch inchesOfMercury inchesOfWater",
    "Resistance": "ohm milliohm kiloohm megaohm",
    "SoundPressure": "decibel bel",
    "Temperature": "kelvin degreeCelsius degreeFahrenheit",
    "Time": "second millisecond microsecond nanosecond minute hour day year",
    "Torque": "newtonMetre",
    "Unitless": "unity percent",
    "Velocity": "metrePerSecond centimetrePerSecond kilometrePerSecond metrePerHour kilometrePerHour milePerHour"
    " milePerSecond knot",
    "Voltage": "volt millivolt microvolt kilovolt megavolt",
    "Volume": "cubicMetre cubicCentimetre litre millilitre cubicFoot cubicInch fluidOunce gallon",
    "VolumeFlowRate": "litrePerSecond millilitrePerSecond litrePerHour millilitrePerHour",
}
"""Units by family, as version 2 knows them."""

_MORE_UNITS = {
    "ApparentEnergy": "voltAmpereHour kilovoltAmpereHour megavoltAmpereHour gigavoltAmpereHour",
    "ApparentPower": "voltAmpere millivoltAmpere kilovoltAmpere megavoltAmpere gigavoltAmpere",
    "Charge": "ampereHour milliampereHour",
    "Current": "kiloampere",
    "Density": "milligramPerCubicMetre microgramPerCubicMetre",
    "Energy": "wattHour milliwattHour megawattHour gigawattHour terawattHour britishThermalUnit kiloBritishThermalUnit",
    "Frequency": "millihertz",
    "IonizingRadiationDose": "gray milligray microgray sievert millisievert microsievert",
    "Irradiance": "wattPerSquareMetre",
    "MagneticInduction": "gauss",
    "Mass": "massPound",
    "MassFlowRate": "massPoundPerHour",
    "Power": "joulePerSecond kilojoulePerSecond joulePerHour kilojoulePerHour megajoulePerHour gigajoulePerHour"
    " britishThermalUnitPerHour kiloBritishThermalUnitPerHour tonOfRefrigeration",
    "Pressure": "decapascal hectopascal",
    "Radioactivity": "becquerel kilobecquerel megabecquerel gigabecquerel",
    "ReactiveEnergy": "voltAmpereReactiveHour kilovoltAmpereReactiveHour megavoltAmpereReactiveHour"
    " gigavoltAmpereReactiveHour",
    "ReactivePower": "voltAmpereReactive millivoltAmpereReactive kilovoltAmpereReactive megavoltAmpereReactive"
    " gigavoltAmpereReactive",
    "Unitless": "partsPerMillion partsPerBillion partsPerTrillion partsPerQuadrillion",
    "VolumeFlowRate": "cubicMetrePerSecond cubicMetrePerMinute cubicMetrePerHour cubicFootPerMinute litrePerMinute"
    " millilitrePerMinute gallonPerMinute gallonPerHour",
}
"""What the extension of version 3 adds."""

_FAMILIES = {
    "Distance": "Length",
    "ElectricCharge": "Charge",
    "Humidity": "Density",
    "Latitude": "Angle",
    "Longitude": "Angle",
    "Luminosity": "Power",
    "RelativeHumidity": "Unitless",
    "Thrust": "Force",
    "TimeSpan": "Time",
    "Concentration": "Unitless",
    "EnergyRate": "Power",
    "RelativeDensity": "Unitless",
}
"""Types whose units are those of another family."""
_NO_TYPES = frozenset({"Charge", "Time", "Unitless"})
"""Families that aren't types themselves."""
_LATER = frozenset({"Concentration", "EnergyRate", "RelativeDensity"})


@cache
def semantic_types(version: int) -> dict[str, frozenset[str]]:
    """Return the units of each semantic type that a version of the language knows."""
    units = {family: set(names.split()) for family, names in _UNITS.items()}
    if version > 2:
        for family, names in _MORE_UNITS.items():
            units.setdefault(family, set()).update(names.split())
    aliases = {name: family for name, family in _FAMILIES.items() if version > 2 or name not in _LATER}
    families = {family: family for family in units if family not in _NO_TYPES}
    return {name: frozenset(units[family]) for name, family in (families | aliases).items()}

"""What Azure's error codes mean when you set up Azure Digital Twins, what to do, and who can do it.

Based on Microsoft's troubleshooting articles (Azure Resource Manager, Azure RBAC, Microsoft Entra ID, Azure Digital
Twins) and on recorded refusals. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from .codes_of_access import ACCESS, GATES
from .codes_of_data import DATA
from .codes_of_resources import RESOURCES
from .codes_of_sign_in import CONDITIONAL_ACCESS, FEDERATION, TOKENS
from .explanation import Explanation

_SAME_AS = {
    "AADSTS1002012": "AADSTS70011",
    "AADSTS28000": "AADSTS70011",
    "AADSTS501491": "AADSTS9002313",
    "AADSTS700051": "unsupported_response_type",
    "AADSTS700054": "unsupported_response_type",
    "AADSTS70005": "unsupported_response_type",
    "AADSTS70007": "AADSTS9002313",
    "AADSTS90023": "AADSTS9002313",
    "AADSTS900971": "AADSTS500113",
    "AADSTS50072": "AADSTS50079",
    "AADSTS50074": "AADSTS50076",
    "AADSTS50133": "AADSTS50132",
    "AADSTS70020": "AADSTS70019",
    "AADSTS90014": "AADSTS900144",
    "authorization_declined": "AADSTS70017",
    "authorization_pending": "AADSTS70016",
    "bad_verification_code": "AADSTS70018",
    "expired_token": "AADSTS70019",
    "invalid_grant": "AADSTS70000",
    "invalid_resource": "AADSTS500011",
    "invalid_scope": "AADSTS70011",
    "invalid_tenant": "AADSTS90002",
    "login_required": "AADSTS50058",
    "unauthorized_client": "AADSTS700016",
    "unsupported_grant_type": "AADSTS70003",
    "ModelAlreadyExists": "ModelIdAlreadyExists",
}
"""Codes that mean the same, above all the token service's OAuth errors."""

_BY_CODE = {**RESOURCES, **GATES, **ACCESS, **TOKENS, **CONDITIONAL_ACCESS, **FEDERATION, **DATA}

BY_CODE: Mapping[str, Explanation] = _BY_CODE | {code: _BY_CODE[same] for code, same in _SAME_AS.items()}
"""Explanations by Azure's code, including the token service's `AADSTS...` codes and OAuth errors."""

_BY_STATUS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "GatewayTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "ServiceUnavailable",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}

BY_STATUS: Mapping[int, Explanation] = {status: BY_CODE[code] for status, code in _BY_STATUS.items()}
"""Explanations by HTTP status, for answers without a known code."""

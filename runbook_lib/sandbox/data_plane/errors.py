"""The data plane's refusals: one class for each error, with the status, code and text of the recordings.

    DataPlaneError
    ├── before any operation (gateway)
    │   ├── Unauthorized (401) · SubDomainNotFound (404) · Forbidden (403, mute) · PublicAccessDisabled (403)
    │   └── ApiVersionUnspecified (400) · UnsupportedApiVersion (400) · RouteNotFound (404) · MethodNotAllowed (405)
    ├── models: DTDLParserError · ModelVersionNotSupported · ModelsNotSupported · TooManyModels · ModelTooLarge
    │           TooManyStoredModels · InvalidModelId (400)
    │           ModelNotFound (404)
    │           ModelIdAlreadyExists · ModelReferencesNotDeleted · ModelReferencesNotDecommissioned (409)
    ├── bodies: EmptyBody · MalformedBody · InvalidPageSize · InvalidContinuationToken · JsonPatchInvalid (400)
    ├── twins, relationships, event routes and queries: see `graph_errors`
    └── bulk jobs: see `job_errors`

Texts are those of recorded answers (Python SDK 2020, JavaScript SDK 2022) unless the class says that it is modelled.
Links read `https`, as the service writes them since 2022; the recordings of 2020 have `http` in the same places.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..http import Answer, ServiceError


class DataPlaneError(ServiceError):
    """A refusal in the data plane's envelope, `{"error": {"code", "message"}}`."""

    http_status: ClassVar[int] = 400
    error_code: ClassVar[str] = ""
    text: ClassVar[str] = ""
    """The message, with `{names}` for what the constructor is given as keywords."""

    def __init__(self, **values: Any) -> None:
        super().__init__(self.http_status, self.error_code, self.text.format(**values))
        self.values = values


class Unauthorized(DataPlaneError):
    """No token, or one that isn't accepted; without a WWW-Authenticate header (azure-sdk-for-net recording, 2022)."""

    http_status = 401
    error_code = "Unauthorized"
    text = "Unauthorized"

    def answer(self) -> Answer:
        """Render the body to the letter: blanks included, and no `error` around it."""
        return Answer(401, '{ "statusCode": 401, "message": "Unauthorized" }', content_type="application/json")


class SubDomainNotFound(DataPlaneError):
    """A token of another tenant; deliberately no 403, against scanning (troubleshoot-error-404 article).

    Modelled: the article gives status and message, not the JSON. The sandbox answers the same under a host name that
    no instance has; on Azure such a name does not resolve at all.
    """

    http_status = 404
    error_code = "SubDomainNotFound"
    text = "Sub-Domain not found"


class Forbidden(DataPlaneError):
    """Role missing or not effective yet: 403 with no body at all (digital-twins-samples issue 22)."""

    http_status = 403
    error_code = "Forbidden"
    text = "Forbidden"

    def answer(self) -> Answer:
        """Render the refusal, which has no body."""
        return Answer(403)


class PublicAccessDisabled(DataPlaneError):
    """A call from outside while public network access is off (how-to-enable-private-link article, Troubleshoot).

    Modelled: the article lays the JSON out over several lines; here it is laid out as the recorded 401 is.
    """

    http_status = 403
    error_code = "PublicAccessDisabled"
    text = "Public network access disabled by policy."

    def answer(self) -> Answer:
        """Render the body without an `error` around it, as the article shows it."""
        return Answer(403, f'{{ "statusCode": 403, "message": "{self.text}" }}', content_type="application/json")


class ApiVersionUnspecified(DataPlaneError):
    """Modelled on what ASP.NET Core's API versioning answers; the service itself was not recorded."""

    error_code = "ApiVersionUnspecified"
    text = "An API version is required, but was not specified."


class UnsupportedApiVersion(DataPlaneError):
    """Modelled on what ASP.NET Core's API versioning answers; the service itself was not recorded."""

    error_code = "UnsupportedApiVersion"
    text = "The HTTP resource that matches the request URI '{uri}' does not support the API version '{version}'."


class RouteNotFound(DataPlaneError):
    """Modelled: a path that the service does not have."""

    http_status = 404
    error_code = "NotFound"
    text = "There is no operation at {path}."


class MethodNotAllowed(DataPlaneError):
    """Modelled: a path that the service has, with another method."""

    http_status = 405
    error_code = "MethodNotAllowed"
    text = "{path} does not support {method}."

    def __init__(self, allowed: list[str], **values: Any) -> None:
        super().__init__(**values)
        self.headers = {"Allow": ", ".join(allowed)}


class EmptyBody(DataPlaneError):
    """A body is required."""

    error_code = "BadRequest"
    text = "A non-empty request body is required."


class MalformedBody(DataPlaneError):
    """Modelled: a body that is not JSON, or not of the required kind."""

    error_code = "BadRequest"
    text = "The request body is not valid JSON, or not {expected}."


class InvalidPageSize(DataPlaneError):
    """Modelled: header `max-items-per-page` is not a number above 0."""

    error_code = "InvalidArgument"
    text = "The value '{value}' of header max-items-per-page is not valid."


class InvalidContinuationToken(DataPlaneError):
    """Code as the OpenAPI file gives it for queries; the text is modelled."""

    error_code = "BadRequest"
    text = "The continuation token is invalid."


class JsonPatchInvalid(DataPlaneError):
    """A JSON Patch that says something impossible; `problem` ends without a full stop."""

    error_code = "JsonPatchInvalid"
    text = (
        "{problem}. Please provide a valid patch document. See section on update apis in the documentation"
        " https://aka.ms/adtv2twins."
    )


class DTDLParserError(DataPlaneError):
    """Models that are not valid DTDL; none of the upload is stored. `detail` is what the parser says."""

    error_code = "DTDLParserError"
    text = (
        "None of the models in this request could be created due to a problem with one or more models: {detail}."
        " See model documentation(https://aka.ms/ADTv2Models) for supported format."
    )


class ModelVersionNotSupported(DataPlaneError):
    """Code as the OpenAPI file gives it; the text is modelled."""

    error_code = "ModelVersionNotSupported"
    text = "The DTDL version of context '{context}' is not supported. Supported are dtmi:dtdl:context;2 and ;3."


class ModelsNotSupported(DataPlaneError):
    """An upload that's empty, or isn't a list of objects."""

    error_code = "InvalidArgument"
    text = (
        "Operation failed as models provided was empty or of a type that is not supported.. Check that your Model"
        " Array contains at least one item and it is of a supported type. See link(https://aka.ms/ADTv2Models) for"
        " details."
    )


class TooManyModels(DataPlaneError):
    """Text quoted in digital-twins-explorer issue 42; that its code is the OpenAPI file's for limits is modelled."""

    error_code = "LimitExceeded"
    text = (
        "The number of models you are trying to upload exceeds the supported limit of {limit}. Try breaking up the"
        " upload in smaller batches."
    )


class TooManyStoredModels(DataPlaneError):
    """Limit as documented (service limits), code as the OpenAPI file gives it for limits. Modelled: the text."""

    error_code = "LimitExceeded"
    text = "The number of models in this instance would exceed the supported limit of {limit}. Delete some of them."


class ModelTooLarge(DataPlaneError):
    """Limit as documented (service limits); code and text are modelled."""

    error_code = "LimitExceeded"
    text = "The model {id} exceeds the supported size of 1 MB."


class InvalidModelId(DataPlaneError):
    """Code as the OpenAPI file gives it; the text is modelled."""

    error_code = "InvalidArgument"
    text = "The model id {id} is not a valid DTMI."


class ModelNotFound(DataPlaneError):
    """No such model."""

    http_status = 404
    error_code = "ModelNotFound"
    text = (
        "There is no Model(s) available that matches the provided id(s) {id}. Check that the Model ID provided is valid"
        " by doing a Model_List API call."
    )


class ModelIdAlreadyExists(DataPlaneError):
    """A model is stored already, so none of the upload is. (The OpenAPI file calls it ModelAlreadyExists)."""

    http_status = 409
    error_code = "ModelIdAlreadyExists"
    text = (
        "Some of the model ids already exist: {id}. Use Model_List API to view models that already exist. See the"
        " Swagger example (https://aka.ms/ModelListSwSmpl)."
    )


class ModelReferencesNotDeleted(DataPlaneError):
    """Other models extend this one, or have it as a component."""

    http_status = 409
    error_code = "ModelReferencesNotDeleted"
    text = (
        "This model is currently being referenced by {ids}. You must delete these references before deleting the"
        " Model.. To delete references, do Delete Model on Ids provided above."
    )


class ModelReferencesNotDecommissioned(DataPlaneError):
    """Models that extend this one, or have it as a component, are still in use. Code as in the OpenAPI file.

    Modelled: the text, on its sibling's.
    """

    http_status = 409
    error_code = "ModelReferencesNotDecommissioned"
    text = (
        "This model is currently being referenced by {ids}. You must decommission these references before"
        " decommissioning the Model. To decommission references, do Update Model on Ids provided above."
    )

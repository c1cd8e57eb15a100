"""How the data plane refuses calls about bulk jobs. Codes as in the OpenAPI file; all texts are modelled."""

from __future__ import annotations

from .errors import DataPlaneError


class ImportJobNotFound(DataPlaneError):
    """No such import job. Modelled: the text, and that cancelling and deleting are refused in the same way."""

    http_status = 404
    error_code = "ImportJobNotFound"
    text = "There is no import job with the id {id}."


class DeleteJobNotFound(DataPlaneError):
    """No such deletion job. Modelled: the text."""

    http_status = 404
    error_code = "DeleteJobNotFound"
    text = "There is no delete job with the id {id}."


class JobLimitReached(DataPlaneError):
    """One bulk job at a time, of either kind (service limits). Modelled: the text."""

    error_code = "JobLimitReached"
    text = "The maximum number of bulk jobs that can run at a time, {limit}, has been reached."


class JobInvalid(DataPlaneError):
    """A job that can't be, or can't be changed. Modelled: the text."""

    error_code = "ValidationFailed"
    text = "The job request is not valid: {problem}"

"""Codes of the data plane of an instance."""

from __future__ import annotations

from collections.abc import Mapping

from .explanation import (
    FIX_NAMED,
    OTHER_NAME,
    SEE_MESSAGE,
    WAIT,
    Explanation,
    input_error,
    our_bug,
    permission_missing,
    sign_in_failed,
)

DATA: Mapping[str, Explanation] = {
    "SubDomainNotFound": sign_in_failed(
        "The instance belongs to a tenant other than the one you're signed in to, or it doesn't exist.",
        "Give the instance's own tenant in the parameter tenant. Check the host name.",
    ),
    "ModelNotFound": input_error("The instance doesn't have this model.", "Check the model's id."),
    "ModelIdAlreadyExists": input_error(
        "The instance already has a model with that id. Nothing was uploaded.",
        "Use a higher version in the model's id.",
    ),
    "ModelReferencesNotDeleted": input_error("Other models still refer to this one.", "Delete those first."),
    "ModelVersionNotSupported": input_error("The service doesn't support this version of DTDL.", "Use DTDL 2 or 3."),
    "DTDLParserError": input_error("A model isn't valid DTDL. Nothing was uploaded.", FIX_NAMED),
    "DigitalTwinNotFound": input_error("The instance doesn't have this twin.", "Check the twin's id."),
    "RelationshipNotFound": input_error("The twin doesn't have this relationship.", "Check its id."),
    "EventRouteNotFound": input_error("The instance doesn't have this event route.", "Check its id."),
    "EventRouteEndpointInvalid": input_error(
        "The instance doesn't have this endpoint, or the endpoint isn't ready.", "Create the endpoint first."
    ),
    "JsonPatchInvalid": input_error("The change isn't a valid JSON patch.", FIX_NAMED),
    "ValidationFailed": input_error("A value doesn't fit the model.", FIX_NAMED),
    "PreconditionFailed": input_error("Someone has changed it in the meantime.", "Read it again, then change it."),
    "SqlQueryError": input_error("The query isn't valid.", FIX_NAMED),
    "LimitExceeded": input_error("You've reached a limit of the service.", SEE_MESSAGE),
    "ContainerNotFound": input_error("The storage account has no container with that name.", OTHER_NAME),
    "ContainerAlreadyExists": input_error("The storage account already has a container with that name.", OTHER_NAME),
    "BlobNotFound": input_error("The container has no blob with that name.", OTHER_NAME),
    "BlobAlreadyExists": input_error("The container already has a blob with that name.", OTHER_NAME),
    "InvalidBlobType": input_error("This kind of blob can't do that.", SEE_MESSAGE),
    "InvalidBlockList": input_error("A part of the blob is missing.", "Upload it again."),
    "InvalidRange": input_error("The blob is shorter than that.", SEE_MESSAGE),
    "AuthenticationFailed": permission_missing(
        "The storage account doesn't accept the key or signature.", "Check the key, or sign in instead."
    ),
    "KeyBasedAuthenticationNotPermitted": permission_missing(
        "The storage account accepts no keys.", "Sign in with an account that has a role for its blobs."
    ),
    "AuthorizationPermissionMismatch": permission_missing(
        "None of the roles for the blobs allows this.", "Get a role such as Storage Blob Data Contributor."
    ),
    "JobLimitReached": Explanation("Another bulk job is still running on the instance.", WAIT),
    "ImportJobNotFound": input_error("The instance doesn't have this import job.", "Check the job's id."),
    "DeleteJobNotFound": input_error("The instance doesn't have this delete job.", "Check the job's id."),
    "QuotaReachedError": Explanation("Too many queries.", WAIT),
    "UnsupportedMediaType": our_bug("The service doesn't accept this kind of content."),
}

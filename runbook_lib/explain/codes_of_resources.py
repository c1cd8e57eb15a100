"""Codes of Azure Resource Manager and the resource providers, about resources and requests."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import TimedOut, Unreachable
from .explanation import OTHER_NAME, SEE_MESSAGE, Explanation, input_error, our_bug

TAKEN_EVERYWHERE = "The name is taken: no two customers can have the same one."

RESOURCES: Mapping[str, Explanation] = {
    "ResourceNotFound": input_error(
        "This resource doesn't exist. Maybe it was deleted, or has another name or resource group.",
        "Check the name, resource group and subscription. To create the instance, run 01-create-instance.",
    ),
    "ResourceGroupNotFound": input_error(
        "The subscription has no resource group with that name.",
        "Check the name, or set create_resource_group to true.",
    ),
    "ParentResourceNotFound": input_error("Its parent resource doesn't exist.", "Create the instance first."),
    "NotFound": input_error("Azure has nothing at this address.", "Check the names and the subscription."),
    "ResourceGroupBeingDeleted": Explanation(
        "Someone is deleting the resource group with everything in it.", "Wait until it's gone, or choose another one."
    ),
    "InvalidResourceGroupLocation": input_error(
        "A resource group with that name exists in another region, and resource groups can't move.",
        "Use it as it is (the instance can have another region), or choose another name.",
    ),
    "InvalidResourceLocation": input_error(
        "This resource group has an instance with that name in another region, and instances can't move.",
        "Choose that region, another name, or another resource group.",
    ),
    "LocationNotAvailableForResourceType": input_error(
        "The region doesn't offer Azure Digital Twins.", "Choose one of the listed regions."
    ),
    "LocationNotAvailableForResourceGroup": input_error(
        "Resource groups aren't available in that region.", "Choose one of the listed regions."
    ),
    "LocationRequired": input_error("The region is missing.", "Choose a region."),
    "ReservedResourceName": input_error("The name contains a word that Azure reserves.", "Choose a name without it."),
    "BadRequest": input_error(
        "The service doesn't accept a value, or you've reached a limit. The message says which.",
        "See the message. The usual limit is 10 instances in a region: delete one, or choose another region.",
    ),
    "InvalidArgument": input_error("The service doesn't accept a value.", SEE_MESSAGE),
    "InvalidRequestContent": Explanation(
        "Azure couldn't read the request.", "Check the values. If they are right, report this as our bug."
    ),
    "InvalidParameter": input_error("Azure doesn't accept a value.", SEE_MESSAGE),
    "InvalidResourceGroup": input_error("Azure doesn't allow this resource group name.", OTHER_NAME),
    "InvalidResourceName": input_error("Azure doesn't allow this name.", OTHER_NAME),
    "InvalidTag": input_error("Azure doesn't allow one of the tags.", SEE_MESSAGE),
    "InvalidTagNameCharacters": input_error("A tag's name contains a character that Azure doesn't allow.", OTHER_NAME),
    "Conflict": input_error(
        "The name is taken, or the resource is changing right now.",
        "Choose another name, or wait a minute and run this again.",
    ),
    "AlreadyExists": input_error(
        "The name is taken: it must be unique in its region, as part of a host name.", OTHER_NAME
    ),
    "StorageAccountAlreadyTaken": input_error(TAKEN_EVERYWHERE, OTHER_NAME),
    "InvalidClusterName": input_error(TAKEN_EVERYWHERE, OTHER_NAME),
    "AccountNameInvalid": input_error("Azure doesn't allow this name.", OTHER_NAME),
    "InvalidDeployment": input_error("Azure doesn't allow this deployment's name.", OTHER_NAME),
    "AnotherOperationInProgress": Explanation(
        "Azure is still working on an earlier change to this resource.", "Wait until it's done, then run this again."
    ),
    "OperationNotAllowed": Explanation(
        "Azure doesn't allow this in the resource's current state, or a quota is used up.", SEE_MESSAGE
    ),
    "ResourceMoveNotSupported": Explanation(
        "You can't move this type of resource to another resource group or subscription.",
        "Create a new one there and delete the old one.",
    ),
    "CannotDeleteResource": input_error(
        "The resource still contains others.", "Delete those first. The message names them."
    ),
    "TooManyTags": input_error("Azure allows 50 tags on a resource.", "Remove some."),
    "OperationNotFound": our_bug("Azure doesn't recognize the operation that we waited for."),
    "InvalidSkipToken": our_bug("Azure doesn't recognize the page of a list that we asked for."),
    "InvalidResourceReference": input_error(
        "A resource named in the request doesn't exist, or is in another region.",
        "Check its id. A private endpoint must be in the same region as its virtual network.",
    ),
    "InvalidAddressPrefixFormat": input_error("That isn't an address range.", "Write it like 10.0.0.0/24."),
    "NetcfgInvalidSubnet": input_error(
        "The subnet's addresses aren't within its virtual network's.", "Choose a range within them."
    ),
    "NetcfgSubnetRangesOverlap": input_error("The range overlaps with another subnet's.", "Choose another range."),
    "SubnetIsFull": input_error("The subnet has no free address.", "Choose another subnet, or a larger one."),
    "InUseSubnetCannotBeDeleted": input_error(
        "The subnet is in use, for example by a private endpoint.", "Delete that first. The message names it."
    ),
    "InternalServerError": Explanation(
        "Azure failed. You didn't cause it.",
        "Run this again in a few minutes. Keep the correlation id.",
        "You. If it keeps happening, Azure's support.",
    ),
    "ServiceUnavailable": Explanation(
        "The service isn't available right now.", "Run this again in a few minutes.", error=Unreachable
    ),
    "ServerTimeout": Explanation(
        "The service is too busy to answer in time.", "Run this again in a few minutes.", error=Unreachable
    ),
    "OperationPreempted": Explanation(
        "Azure canceled the change before it was done, usually for another one or for maintenance.",
        "Run this again. It finds what was left behind and finishes it.",
    ),
    "GatewayTimeout": Explanation("Azure took too long to answer.", "Run this again.", error=TimedOut),
    "RequestUriTooLong": our_bug("A request's address was too long."),
    "RequestEntityTooLarge": input_error("The request is too large.", "Send less at once."),
    "RequestHeaderFieldsTooLarge": our_bug("A request's headers were too long."),
    "MisdirectedRequest": our_bug("A request reached a server with another name."),
    "SandboxFault": Explanation(
        "The sandbox has a bug. Azure wouldn't answer like this.",
        "Look in its log, and report it.",
        "The authors of this guide.",
    ),
}

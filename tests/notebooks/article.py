"""The parts of the article, each with the cells that teach it and what proves it: the rows of `notebooks/COVERAGE.md`.

The ids follow the article from top to bottom; the wording is ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One heading, instruction, note or warning of the article."""

    id: str
    says: str
    cells: str
    """Cells of the guide that teach or do it: `01/basics-why 01/create-instance`."""
    checks: str
    """What proves it: tests (`steps/test_x.py::test_y`), and the names of a step's own checks in quotes."""

    @property
    def cell_list(self) -> list[str]:
        """The cells, each as number of the notebook and id."""
        return self.cells.split()

    @property
    def check_list(self) -> list[str]:
        """The checks, one by one."""
        return [check.strip() for check in self.checks.split(";") if check.strip()]


NOT_YET: frozenset[str] = frozenset()
"""Parts that no notebook covers yet. It says so in the table; it is meant to stay empty."""

SECTIONS = (
    (
        "What it is about",
        (
            Row(
                "O1",
                "You end up with an instance that programs can use, set up one step at a time",
                "00/title 01/title 02/next",
                "notebooks/test_guide.py::test_a_refresh_changes_nothing",
            ),
            Row(
                "O2",
                "Setup has two parts: create the instance, and give someone access to its data",
                "00/two-parts",
                "steps/test_assign_access.py::test_the_owner_has_no_access_before_and_has_it_after",
            ),
            Row(
                "O3",
                "Each part needs its own permission; with only the first you can begin, and need help later",
                "00/two-parts 00/start-here",
                'steps/test_start_here.py::test_it_tells_roles_and_what_they_allow; "What you can do is known"',
            ),
        ),
    ),
    (
        "Create the instance",
        (
            Row(
                "C1",
                "Create a new resource of this service",
                "01/title 01/create-instance",
                "steps/test_create_instance.py::test_it_creates_what_the_plan_said; "
                "browser/test_create_instance.py::test_a_person_creates_an_instance",
            ),
            Row(
                "C2",
                "Choose the subscription",
                "01/basics-why 01/create-instance",
                "steps/test_create_instance_obstacles.py::test_an_unknown_subscription_is_refused; "
                "steps/test_start_here.py::test_a_subscription_goes_by_name_or_id",
            ),
            Row(
                "C3",
                "Choose a resource group, or create one",
                "01/basics-why 01/create-instance",
                "steps/test_create_instance_obstacles.py::test_a_missing_resource_group_is_made_only_when_wanted; "
                "steps/test_create_instance_obstacles.py::test_a_resource_group_elsewhere_is_used_and_explained",
            ),
            Row(
                "C4",
                "Choose a name; a name already used in the region is refused",
                "01/basics-why 01/create-instance",
                "steps/test_create_instance_obstacles.py::test_a_taken_name_is_refused_before_anything_is_made; "
                "steps/test_create_instance.py::test_a_name_is_checked_while_it_is_typed",
            ),
            Row(
                "C5",
                "Choose a region that offers the service",
                "01/basics-why 01/create-instance",
                "steps/test_create_instance_obstacles.py::test_a_region_without_the_service_names_those_that_have_it; "
                "steps/test_create_instance.py::test_a_form_is_offered_regions_by_display_name; "
                '"It\'s in the requested region"',
            ),
            Row(
                "C6",
                "Give the signed-in account access to the data; greyed out if you can't assign roles",
                "01/grant-why 01/create-instance",
                "steps/test_create_instance_obstacles.py::test_a_contributor_creates_the_instance_without_access; "
                "steps/test_create_instance_obstacles.py::test_nobody_who_may_is_barred",
            ),
            Row(
                "C7",
                "Review everything and create it, or go on to the other tabs",
                "01/review-why 01/create-instance",
                "steps/test_create_instance.py::test_the_plan_names_what_will_be_made_and_the_same_as_commands",
            ),
            Row(
                "C8",
                "Networking: a private endpoint takes the instance off the public network",
                "01/networking-why 01/create-instance 04/endpoint-why 04/dns-why 04/public-why 04/private-access",
                "steps/test_create_instance.py::test_a_private_endpoint_is_made_with_the_instance; "
                "steps/test_private_access.py::test_every_part_is_proved_and_public_access_is_left_alone; "
                "steps/test_private_access.py::test_switched_off_the_data_answers_403_although_the_role_is_there; "
                '"The instance has approved its connection"',
            ),
            Row(
                "C9",
                "Advanced: a system-assigned identity now or later; a user-assigned one only later",
                "01/advanced-why 03/user-why",
                "steps/test_create_instance.py::test_it_creates_what_the_plan_said; "
                '"It has a system-assigned identity"',
            ),
            Row(
                "C10",
                "Tags",
                "01/advanced-why 01/create-instance",
                'steps/test_create_instance.py::test_drift_is_updated_and_other_tags_stay; "It has the requested tags"',
            ),
        ),
    ),
    (
        "Verify success, and collect important values",
        (
            Row(
                "V1",
                "Follow the deployment, and open the resource once it's there",
                "01/verify-why 01/create-instance-checks",
                "unit/forms/test_run.py::test_progress_says_what_since_when_and_how_long_it_usually_takes; "
                '"The deployment succeeded"',
            ),
            Row(
                "V2",
                "If it fails, the message says why: follow it and try again",
                "01/verify-why 01/trouble",
                "steps/test_create_instance_obstacles.py::test_a_full_region_is_announced_and_refused_by_azure; "
                "steps/test_create_instance_obstacles.py::test_the_cured_permission_lets_the_second_run_finish",
            ),
            Row(
                "V3",
                "Find the instance again by its name",
                "01/values-why 01/create-instance-checks",
                '"You can find it by its name"',
            ),
            Row(
                "V4",
                "Note name, resource group and host name, and share them",
                "01/values-why 01/values",
                "steps/test_create_instance.py::test_the_important_values_lie_beside_the_journal; "
                "unit/forms/test_values.py::test_both_files_are_shown_to_be_copied_and_are_those_of_the_last_run; "
                '"It has a host name"',
            ),
        ),
    ),
    (
        "Set up user access permissions",
        (
            Row(
                "A1",
                "Microsoft Entra ID decides; you need a role before your first call to the data",
                "02/title",
                "steps/test_assign_access.py::test_the_owner_has_no_access_before_and_has_it_after",
            ),
            Row(
                "A2",
                "Owner and Data Owner are different roles, and Owner gives no access to data",
                "02/owner-is-not",
                "steps/test_assign_access.py::test_owner_on_the_instance_is_not_access_to_the_data",
            ),
            Row(
                "A3",
                "Assign the role during creation, or later through IAM; both need the same permission",
                "01/grant-why 02/sign-in-why",
                "steps/test_create_instance.py::test_access_later_works_too; "
                "steps/test_start_here.py::test_the_verdicts_are_what_azure_does",
            ),
            Row(
                "P1",
                "Needed: permission to manage resources, and to manage who has access",
                "00/two-parts 00/my-role-why",
                "steps/test_start_here.py::test_the_verdicts_are_what_azure_does",
            ),
            Row(
                "P2",
                "Roles that usually have both: Owner; Account admin; User Access Administrator with Contributor",
                "00/who-can-help",
                "steps/test_start_here.py::test_it_tells_roles_and_what_they_allow",
            ),
            Row(
                "P3",
                "See your role in the list of subscriptions",
                "00/my-role-why 00/start-here",
                "steps/test_start_here.py::test_it_tells_roles_and_what_they_allow",
            ),
            Row(
                "P4",
                "Without it, ask someone to do the role steps, or to raise your role",
                "00/who-can-help",
                "steps/test_start_here.py::test_what_is_not_allowed_comes_with_the_cure_and_a_message; "
                "unit/azure/test_permissions.py::test_the_message_to_send_names_both_ways_out",
            ),
            Row(
                "A4",
                "The check box during creation gives you full access to the data",
                "01/grant-why 01/create-instance",
                "steps/test_create_instance.py::test_it_creates_what_the_plan_said",
            ),
            Row(
                "A5",
                "If it's greyed out, you can still create the instance; someone else assigns the role",
                "01/grant-why",
                "steps/test_create_instance_obstacles.py::test_a_contributor_creates_the_instance_without_access",
            ),
            Row(
                "A6",
                "With IAM: open the instance, then Access control, and add a role assignment",
                "02/who-why 02/assign-access",
                "steps/test_assign_access.py::test_the_owner_has_no_access_before_and_has_it_after",
            ),
            Row(
                "A7",
                "Choose the role, and a user, group or service principal by name or email",
                "02/who-why 02/assign-access",
                "steps/test_assign_access.py::test_members_are_found_by_name_address_object_id_and_client_id; "
                "steps/test_assign_access.py::test_a_group_is_proved_through_a_member; "
                "steps/test_assign_access.py::test_a_form_finds_members_while_a_name_is_typed",
            ),
            Row(
                "A8",
                "The member is listed with the role",
                "02/verify-why 02/assign-access-checks",
                "steps/test_assign_access.py::test_access_through_a_group_or_from_above_is_shown; "
                '"The role assignment is listed"; "Reading data works"',
            ),
        ),
    ),
    (
        "Enable or disable a managed identity",
        (
            Row(
                "I1",
                "Add or remove identities of both kinds on an existing instance",
                "03/managed-identity-why 03/managed-identity",
                "steps/test_user_identities.py::test_both_kinds_in_one_go_and_each_leaves_the_other_alone",
            ),
            Row(
                "I2",
                "Open the instance's Identity page, and the tab for the kind",
                "03/system-why 03/managed-identity",
                "steps/test_user_identities.py::test_a_form_shows_how_it_is_now",
            ),
            Row(
                "I3",
                "System-assigned: on or off, save, confirm",
                "03/system-why 03/managed-identity",
                "steps/test_managed_identity.py::test_by_default_the_identity_is_switched_on; "
                "steps/test_managed_identity.py::test_without_a_confirmation_nothing_is_switched_off",
            ),
            Row(
                "I4",
                "Then see its object ID and roles",
                "03/values-why 03/managed-identity-checks",
                "steps/test_managed_identity.py::test_the_roles_of_the_identity_are_shown",
            ),
            Row(
                "I5",
                "User-assigned: associate one",
                "03/user-why 03/managed-identity",
                "steps/test_user_identities.py::test_an_identity_is_found_by_name_and_by_every_id",
            ),
            Row(
                "I6",
                "User-assigned: remove one",
                "03/user-why 03/managed-identity",
                "steps/test_user_identities.py::test_removing_the_last_one_leaves_none",
            ),
            Row(
                "I7",
                "Its details show the object ID and roles",
                "03/values-why 03/managed-identity-checks",
                "steps/test_managed_identity.py::test_the_ids_are_kept_beside_the_journal; "
                "steps/test_managed_identity.py::test_the_roles_of_the_identity_are_shown",
            ),
            Row(
                "D1",
                "Without the identity or its role, endpoints and data history that use it stop, and so do the events",
                "03/breaks-why 03/managed-identity",
                "steps/test_managed_identity.py::test_the_plan_names_what_stops_from_real_state; "
                "steps/test_user_identities.py::test_removing_is_confirmed_and_names_what_stops_under_that_identity_only",
            ),
        ),
    ),
    (
        "Next steps",
        (
            Row(
                "N1",
                "Try single REST calls, or the az dt commands",
                "05/calls-why 05/call-rest 05/same-why",
                "steps/test_call_rest.py::test_calls_are_shown_with_method_address_status_and_body; "
                "steps/test_call_rest.py::test_the_same_as_commands_and_by_sdk",
            ),
            Row(
                "N2",
                "Connect a client program with code that signs in",
                "05/code-why 05/credentials-why 05/connect-client",
                "steps/test_connect_client.py::test_the_code_as_it_is_runs_with_nothing_but_the_environment_set; "
                "steps/test_connect_client.py::test_code_of_every_language_holds_the_instances_values",
            ),
        ),
    ),
)
"""The article's sections, with their parts."""

ROWS = tuple(row for _, rows in SECTIONS for row in rows)

// Package browser writes what decisions say of add-ons and of sites as a managed policy for Chromium,
// Chrome and Edge: one JSON file of policies by name, as those browsers read it from their policy
// directory or take it from a management service.
package browser

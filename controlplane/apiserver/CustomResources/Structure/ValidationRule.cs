using Podwire.ApiServer.CustomResources.Cel;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>One of x-kubernetes-validations: a CEL expression that must be true, and what to say where it is not.</summary>
internal sealed record ValidationRule(CelProgram Program, string Source, string? Message, string? Reason, string? FieldPath);

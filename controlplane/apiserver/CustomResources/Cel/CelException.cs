namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>An expression that cannot be compiled, or that has no value for the object it is asked about.</summary>
internal sealed class CelException(string message) : Exception(message);

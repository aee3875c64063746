namespace Podwire.CniCalico.Ipam;

/// <summary>The handle has addresses already: an assignment is repeated.</summary>
internal sealed class HandleExistsException : Exception;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>The kernel or the machine lacks something that mode IPVS needs; the message names it and says where it is to be had.</summary>
internal sealed class IpvsMissingException(string message) : Exception(message);

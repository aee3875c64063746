namespace Podwire.CniFlannel.Agent.Config;

/// <summary>A net-conf.json that cannot be used; the message names the key.</summary>
internal sealed class NetConfException(string message) : Exception(message);

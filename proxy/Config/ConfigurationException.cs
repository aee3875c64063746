namespace Podwire.Proxy.Config;

/// <summary>A configuration that cannot be used; the message names the key or flag, and what it takes.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);

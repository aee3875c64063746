namespace Podwire.BgpDaemon.Config;

/// <summary>A configuration that cannot be used; the message names the key and what it takes.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>With the place and the problem.</summary>
    public ConfigException(string message)
        : base(message)
    {
    }

    /// <summary>Without text.</summary>
    public ConfigException()
    {
    }

    /// <summary>With a cause.</summary>
    public ConfigException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

namespace Podwire.BgpDaemon.Config;

/// <summary>A configuration that cannot be used; the message names the key and what it takes.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>With the place and the problem.</summary>
    public ConfigException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>Without text.</summary>
    public ConfigException()
    {
    }

    /// <summary>With a cause.</summary>
    public ConfigException(string message, Exception innerException)
        : base(OneLine(message), innerException)
    {
    }

    /// <summary>A key or path may have line ends in it; a message is one line.</summary>
    private static string OneLine(string message) => string.Concat(message.Select(static letter => char.IsControl(letter) ? '?' : letter));
}

namespace Podwire.Cni;

/// <summary>A failure that a plugin answers with the specification's error object, or that the runner got as one.</summary>
public sealed class CniException : Exception
{
    /// <summary>A failure with its code, a message of one line, and details that may be empty.</summary>
    public CniException(CniErrorCode code, string message, string details = "", Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Details = details;
    }

    /// <summary>The specification's code, or a plugin's own from 100 up.</summary>
    public CniErrorCode Code { get; }

    /// <summary>What else helps whoever reads it; may be empty.</summary>
    public string Details { get; }
}

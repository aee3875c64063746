namespace Podwire.Kubelet.Pods;

/// <summary>A container cannot be configured from its specification; it waits with this reason until that changes.</summary>
/// <param name="reason">CreateContainerConfigError or CreateContainerError.</param>
/// <param name="message">What is wrong, naming the field or the object.</param>
internal sealed class ConfigurationException(string reason, string message) : Exception(message)
{
    /// <summary>CreateContainerConfigError or CreateContainerError.</summary>
    public string Reason { get; } = reason;

    /// <summary>CreateContainerConfigError.</summary>
    public static ConfigurationException Config(string message) => new("CreateContainerConfigError", message);
}

namespace Podwire.Kube;

/// <summary>A kubeconfig cannot be used; the message is one line that names the file and the fault.</summary>
public sealed class KubeConfigException(string message, Exception? inner = null) : Exception(message, inner);

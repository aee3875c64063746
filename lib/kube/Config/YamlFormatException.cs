namespace Podwire.Kube;

/// <summary>A text is not YAML that Kubernetes would take; the message is one line with the place.</summary>
public sealed class YamlFormatException(string message, long line, long column, Exception? inner = null)
    : FormatException($"line {line}, column {column}: {message}", inner)
{
    /// <summary>Line of the fault, from 1.</summary>
    public long Line { get; } = line;

    /// <summary>Column of the fault, from 1.</summary>
    public long Column { get; } = column;
}

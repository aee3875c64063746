namespace Podwire.Uml;

/// <summary>A failure in the guest, with the text and the stack trace from there.</summary>
public sealed class UmlTestFailure(string message, string? stackTrace) : Exception(message)
{
    /// <inheritdoc/>
    public override string? StackTrace => stackTrace;
}

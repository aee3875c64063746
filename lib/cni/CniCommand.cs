namespace Podwire.Cni;

/// <summary>The verbs of CNI_COMMAND.</summary>
public enum CniCommand
{
    /// <summary>ADD: attach the container, answer with a result.</summary>
    Add,

    /// <summary>DEL: undo ADD; no harm when there is nothing to undo.</summary>
    Del,

    /// <summary>CHECK: compare what is there with <c>prevResult</c>.</summary>
    Check,

    /// <summary>GC: remove what belongs to no attachment of <c>cni.dev/valid-attachments</c>.</summary>
    Gc,

    /// <summary>STATUS: say whether ADD could be served.</summary>
    Status,

    /// <summary>VERSION: list the versions spoken.</summary>
    Version,
}

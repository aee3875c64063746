namespace Podwire.CniCalico.Ipam.Selectors;

/// <summary>What a term of a selector asks.</summary>
internal enum SelectorKind
{
    /// <summary>Nothing: always true.</summary>
    All,

    /// <summary>Both sides.</summary>
    And,

    /// <summary>One side at least.</summary>
    Or,

    /// <summary>Not its left side.</summary>
    Not,

    /// <summary>The label is there.</summary>
    Has,

    /// <summary>The label is one of the values.</summary>
    In,

    /// <summary>The label is none of the values, or not there.</summary>
    NotIn,

    /// <summary>The label contains the value.</summary>
    Contains,

    /// <summary>The label starts with the value.</summary>
    StartsWith,

    /// <summary>The label ends with the value.</summary>
    EndsWith,
}

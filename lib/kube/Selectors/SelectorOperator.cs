namespace Podwire.Kube.Selectors;

/// <summary>What a <see cref="SelectorRequirement"/> asks of a key.</summary>
public enum SelectorOperator
{
    /// <summary>It is there with one of the values.</summary>
    In,

    /// <summary>It is not there, or has none of the values.</summary>
    NotIn,

    /// <summary>It is there.</summary>
    Exists,

    /// <summary>It is not there.</summary>
    DoesNotExist,

    /// <summary>It is there with a whole number above the value.</summary>
    GreaterThan,

    /// <summary>It is there with a whole number below the value.</summary>
    LessThan,
}

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>An object that makes no sense; the rest goes on.</summary>
internal readonly record struct Problem(string Kind, string Name, string Text);

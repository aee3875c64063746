namespace Podwire.NetPolicy.Compile;

/// <summary>How answers of the resolver, to pods whose policies have wildcards, are handed over.</summary>
internal enum AnswerPath
{
    /// <summary>Copies (nfnetlink_log); the answer goes on at once.</summary>
    Log,

    /// <summary>The answer itself waits until what it says is in force (nfnetlink_queue).</summary>
    Queue,
}

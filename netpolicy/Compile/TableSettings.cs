namespace Podwire.NetPolicy.Compile;

/// <summary>What all rules depend on beside the policies.</summary>
/// <param name="KeepEstablished">Connections that were accepted once go on, whatever policies say later.</param>
/// <param name="HasVersionedNames">
/// A class whose ports are cut in another way gets another name, for a back end that cannot change sets and rules in one step: what a set means never changes.
/// </param>
/// <param name="Answers">How answers of the resolver are handed over.</param>
internal sealed record TableSettings(bool KeepEstablished = false, bool HasVersionedNames = false, AnswerPath Answers = AnswerPath.Log)
{
    /// <summary>The group of nfnetlink_log, or the queue of nfnetlink_queue, that answers are handed over by.</summary>
    public const ushort AnswerNumber = 20567;
}

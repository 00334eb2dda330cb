namespace DctNet.Core.Inference;

/// <summary>A list that owns its items.</summary>
internal sealed class DisposableList<T>(int capacity) : List<T>(capacity), IDisposable
    where T : IDisposable
{
    public void Dispose()
    {
        foreach (var item in this)
        {
            item.Dispose();
        }
    }
}

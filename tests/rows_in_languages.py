"""Rows of two intents in four languages: a lost card, and a parcel that is late."""

from __future__ import annotations

ROWS = {
    "german": {
        "Karte_verloren": [
            "Meine Karte ist weg, was soll ich tun?",
            "ich habe gestern meine Kreditkarte verloren",
            "Mir wurde im Zug die Karte gestohlen",
            "wie kann ich eine verlorene Karte melden?",
            "Bitte sperren Sie meine Karte, ich finde sie nicht",
            "karte weg!! bitte sofort sperren",
            "Ich kann meine Karte nirgends finden",
            "Die Karte lag in der Straßenbahn, jetzt ist sie weg",
            "Wo melde ich den Verlust meiner Karte?",
            "meine EC-Karte ist seit gestern verschwunden",
        ],
        "Paket_verspätet": [
            "Wann kommt mein Paket endlich an?",
            "Das Paket sollte schon am Montag hier sein",
            "mein Paket ist seit drei Tagen überfällig",
            "Wo bleibt mein Paket?",
        ],
    },
    "arabic": {
        "بطاقة_مفقودة": [
            "لقد فقدت بطاقتي، ماذا أفعل؟",
            "بطاقتي ضاعت أمس في السوق",
            "سُرقت بطاقتي في القطار",
            "كيف أبلغ عن بطاقة مفقودة؟",
            "أرجو إيقاف بطاقتي لأني لا أجدها",
            "لا أجد بطاقتي في أي مكان",
            "أين أبلغ عن فقدان بطاقتي؟",
            "بطاقتي مفقودة منذ يومين",
            "ضاعت البطاقة، أوقفوها فوراً",
            "فقدت بطاقة البنك في الفندق",
        ],
        "طرد_متأخر": [
            "متى يصل الطرد الخاص بي؟",
            "كان يجب أن يصل الطرد يوم الاثنين",
            "الطرد متأخر منذ ثلاثة أيام",
            "أين الطرد الخاص بي؟",
        ],
    },
    "chinese": {
        "丢卡": [
            "我的卡丢了怎么办？",
            "我昨天把信用卡弄丢了",
            "我的卡在火车上被偷了",
            "怎么挂失我的银行卡？",
            "请马上冻结我的卡，我找不到了",
            "我到处都找不到我的卡",
            "在哪里可以挂失？我的卡丢了",
            "我的卡两天前就不见了",
            "卡丢了，请立刻冻结",
            "我把银行卡忘在iPhone店里了",
        ],
        "包裹晚到": [
            "我的包裹什么时候到？",
            "包裹本来星期一就该到了",
            "我的包裹已经晚了三天",
            "我的包裹在哪里？",
        ],
    },
    "hindi": {
        "खोया_कार्ड": [
            "मेरा कार्ड खो गया है, अब क्या करूँ?",
            "कल मेरा क्रेडिट कार्ड खो गया",
            "ट्रेन में मेरा कार्ड चोरी हो गया",
            "खोए हुए कार्ड की सूचना कैसे दूँ?",
            "कृपया मेरा कार्ड बंद कर दें, मुझे मिल नहीं रहा",
            "मुझे अपना कार्ड कहीं नहीं मिल रहा",
            "कार्ड खोने की सूचना कहाँ दूँ?",
            "मेरा कार्ड दो दिन से गायब है",
            "कार्ड खो गया, तुरंत बंद करें",
            "बैंक का कार्ड होटल में छूट गया",
        ],
        "पार्सल_देरी": [
            "मेरा पार्सल कब आएगा?",
            "पार्सल सोमवार को आना था",
            "मेरा पार्सल तीन दिन से लेट है",
            "मेरा पार्सल कहाँ है?",
        ],
    },
}

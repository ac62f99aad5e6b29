INSERT INTO product (sku, name_zh, name_en, description, price_fen) VALUES
    ('SKU-1001', '龙井绿茶 250克',       'Longjing green tea, 250 g',         'Spring picking, pan-fired, from West Lake.',            16800),
    ('SKU-1002', '景德镇青花茶杯',       'Jingdezhen blue-and-white cup',     'Hand-painted porcelain, 180 ml.',                        5900),
    ('SKU-1003', '竹制茶盘',             'Bamboo tea tray',                   'With drainage drawer, 40 x 26 cm.',                     12900),
    ('SKU-1004', '机械键盘 87键',        'Mechanical keyboard, 87 keys',      'Hot-swappable switches, PBT keycaps.',                  39900),
    ('SKU-1005', '无线鼠标',             'Wireless mouse',                    'Three months on one charge.',                            9900),
    ('SKU-1006', '27寸 4K 显示器',       '27-inch 4K monitor',                'IPS panel, USB-C with 65 W.',                          189900),
    ('SKU-1007', '降噪耳机',             'Noise-cancelling headphones',       '40 hours of battery, folds flat.',                      79900),
    ('SKU-1008', '保温杯 500毫升',       'Vacuum flask, 500 ml',              'Keeps hot for twelve hours.',                            7900),
    ('SKU-1009', '旅行双肩包',           'Travel backpack',                   '30 litres, laptop sleeve, rain cover.',                 25900),
    ('SKU-1010', '羊毛围巾',             'Wool scarf',                        'Merino wool, 180 cm.',                                  19900),
    ('SKU-1011', '户外登山鞋',           'Hiking boots',                      'Waterproof, ankle support.',                            49900),
    ('SKU-1012', '瑜伽垫',               'Yoga mat',                          'Natural rubber, 6 mm.',                                 12800),
    ('SKU-1013', '咖啡手冲壶套装',       'Pour-over coffee set',              'Kettle, dripper, server and 40 filters.',               21900),
    ('SKU-1014', '云南小粒咖啡豆 500克', 'Yunnan arabica beans, 500 g',       'Medium roast, notes of plum and cocoa.',                 8800),
    ('SKU-1015', '宣纸笔记本',           'Xuan paper notebook',               'Thread-bound, 120 leaves.',                              4500),
    ('SKU-1016', '限量版手机',           'Limited edition phone',             'A hundred of them, and a hundred thousand who want one.', 499900);

INSERT INTO stock (sku, on_hand)
SELECT sku, CASE sku WHEN 'SKU-1016' THEN 100 ELSE 100000 END FROM product;
